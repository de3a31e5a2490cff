const TEMPLATE = /^(?:\/[\w.~-]+)+(?:\/\{([a-z][a-z0-9_]*)\})?$/;

/** A path, and the field whose value its last piece is. */
export interface PathTemplate {
  readonly path: string;
  readonly variable: string | undefined;
}

/**
 * Reads the template of a `google.api.http` route.
 *
 * @throws Error for a form that no route of the login policy has: a verb, a wildcard, a variable that is not the last piece.
 */
export function parseTemplate(path: string): PathTemplate {
  const match = TEMPLATE.exec(path);
  if (match === null) throw new Error(`the path template ${path} is of a form that is not understood`);
  return { path, variable: match[1] };
}
