/**
 * Text that others wrote (names of files, labels) with its control characters, and those that turn the direction of writing, replaced by �: a
 * terminal would obey them, and a reader would not see them.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
