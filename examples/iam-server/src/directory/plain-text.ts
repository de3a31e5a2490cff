/** Normalises text for searching: without case, accents and invisible marks, so that `zurich` finds Zürich. */
export function plainText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\p{Mn}\p{Cf}]/gu, '')
    .toLowerCase();
}
