// An emulator must not outlive whoever started it, not even one that was killed with SIGKILL. So the parent
// holds the other end of our standard input: when that ends, we end.

const GRACE_MS = 3000;

/** Ask this process to shut down as on SIGTERM when its standard input ends; insist after a moment. */
export function endWithParent() {
  process.stdin.on("error", shutDown).on("end", shutDown).resume();
  process.stdin.unref?.(); // listening to it is no reason to stay once everything else is closed
}

function shutDown() {
  setTimeout(() => process.exit(0), GRACE_MS).unref();
  process.kill(process.pid, "SIGTERM");
}
