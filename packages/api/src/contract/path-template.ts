const TEMPLATE = /^(?:\/[\w.~-]+)+(?:\/\{([a-z][a-z0-9_]*)\})?$/;

/** A path, and the field whose value is its last segment. */
export interface PathTemplate {
  readonly path: string;
  readonly variable: string | undefined;
}

/**
 * Parses the template of a `google.api.http` route.
 *
 * @throws Error for a form that no route here has: a verb, a wildcard, or a variable that is not the last segment.
 */
export function parseTemplate(path: string): PathTemplate {
  const match = TEMPLATE.exec(path);
  if (match === null) throw new Error(`the path template ${path} has an unsupported form`);
  return { path, variable: match[1] };
}
