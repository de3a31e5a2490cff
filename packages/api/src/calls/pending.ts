/** What a port answers: at once, or later. */
export type Answered<Value> = Value | Promise<Value>;

/** Goes on at once with what is known at once: to wait costs, and most ports have nothing to wait for. */
export function whenKnown<Value, Next>(
  answer: Answered<Value>,
  goOn: (value: Value) => Answered<Next>,
): Answered<Next> {
  return isPending(answer) ? Promise.resolve(answer).then((value) => goOn(value)) : goOn(answer);
}

/** Whether an answer is still to come, by whosever promise it is: what `await` would wait for. */
function isPending<Value>(answer: Answered<Value>): answer is Promise<Value> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}
