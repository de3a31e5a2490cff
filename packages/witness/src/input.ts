import { type OptionRule, type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';

/** Checks what is given beside options. @throws RangeError that names it */
export function demand(of: string, name: string, value: unknown, isRight: OptionRule): void {
  isRight({ of, name, value, isGiven: true });
}

/** Parses the options of a function that reads the log. @throws RangeError that names the wrong one, or the log */
export function optionsOnLog<Options extends object>(
  log: unknown,
  options: Options,
  of: string,
  rules: OptionRules<Options>,
): Options {
  demand(of, 'log', log, rule.withMethods('readAll'));
  return parseOptions(options, of, rules);
}

/** A text: a signed note, or a public key. */
export const aText: OptionRule = rule.mustBe('text', isText);

/** A list of texts. */
export const texts: OptionRule = rule.listOf('texts', isText);

/** A tree head, growing or not. */
export const aTreeHead: OptionRule = rule.mustBe('a tree head, with size and root', isTreeHead);

/** A list of tree heads. */
export const treeHeads: OptionRule = rule.listOf('tree heads, with size and root', isTreeHead);

/** A signer. */
export const aSigner: OptionRule = rule.mustBe(
  'a signer, with publicKey and sign',
  (value) => isText(member(value, 'publicKey')) && typeof member(value, 'sign') === 'function',
);

/** The address of a server. */
export const anAddress: OptionRule = rule.mustBe(
  'an address that begins with https:// or http://',
  (value) => isText(value) && /^https?:/i.test(value) && URL.canParse(value),
);

function isTreeHead(value: unknown): boolean {
  const size = member(value, 'size');
  return Number.isSafeInteger(size) && Number(size) >= 0 && isText(member(value, 'root'));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Also an inherited one: a signer may be of a class. */
function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
