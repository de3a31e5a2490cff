/** One piece of a path: text that stands there, or the name of the field it is the value of. */
export type Segment = { readonly literal: string } | { readonly field: string };

/**
 * Reads the template of a `google.api.http` route.
 *
 * @throws Error for a form that no route of the login policy has: a verb, a wildcard, a pattern in a variable.
 */
export function parseTemplate(template: string): readonly Segment[] {
  return template
    .split('/')
    .slice(1)
    .map((piece) => {
      const field = /^\{([a-z][a-z0-9_]*)\}$/.exec(piece)?.[1];
      if (field !== undefined) return { field };
      if (/^[\w.~-]+$/.test(piece)) return { literal: piece };
      throw new Error(`the path template ${template} is of a form that is not understood`);
    });
}
