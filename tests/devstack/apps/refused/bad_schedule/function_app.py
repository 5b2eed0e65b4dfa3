import azure.functions as func

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="*/5 * * * *")
def tick(timer: func.TimerRequest) -> None:
    pass
