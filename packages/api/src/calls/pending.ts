/** What a port answers: at once, or later. */
export type Answered<Value> = Value | Promise<Value>;

/** Whether an answer is still to come, by whosever promise it is: what `await` would wait for. */
export function isPending<Value>(answer: Answered<Value>): answer is Promise<Value> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}
