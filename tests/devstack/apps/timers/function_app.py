"""Timer functions that say in the log why they run."""

import logging

import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="%OFTEN%")
def often(timer: func.TimerRequest) -> None:
    logging.info("often")


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
def yearly(timer: func.TimerRequest) -> None:
    logging.info("yearly past_due=%s next=%s", timer.past_due, timer.schedule_status["Next"])


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
@app.retry(strategy="fixed_delay", max_retry_count="1", delay_interval="00:00:01")
def retried(timer: func.TimerRequest, context: func.Context) -> None:
    retry = context.retry_context
    logging.info("retried count=%s of %s after %s", retry.retry_count, retry.max_retry_count, retry.rpc_exception)
    raise ValueError("not this time")
