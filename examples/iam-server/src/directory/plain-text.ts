/** Text as it is searched for: without case, accents, and marks that nobody sees. Who seeks `zurich` finds Zürich. */
export function plainText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\p{Mn}\p{Cf}]/gu, '')
    .toLowerCase();
}
