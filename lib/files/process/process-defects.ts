/**
 * Ends the process where something was thrown that nothing caught. By itself Node would print the line of the source, which
 * in a bundle is thousands of bytes long, and a message that may quote a secret.
 * @param fail says what happened and returns the exit code
 */
export function endOnDefect(fail: (error: unknown) => number): void {
  // A promise that was rejected and that nothing waits for comes here as well.
  process.on('uncaughtException', (error) => process.exit(fail(error)));
}
