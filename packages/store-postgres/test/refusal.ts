/** What a call was refused with, or what it answered. */
export async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (caught) {
    return caught;
  }
}
