/**
 * Refuses a list that a program gives if it comes round again: each item may be listed once. Each item is compared with
 * one before, which moves on at doubling distances, so that an endless list is noticed and a million ids cost no memory.
 */
export function eachOnce(of: string): (item: string) => void {
  let marked: { readonly item: string } | undefined;
  let [passed, distance] = [0, 1];
  return (item) => {
    if (marked !== undefined && item === marked.item)
      throw new Error(`${of} names ${JSON.stringify(item)} twice, and may name each once only`);
    if (++passed < distance) return;
    marked = { item };
    [passed, distance] = [0, distance * 2];
  };
}
