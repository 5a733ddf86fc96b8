/** What is taken over of an alert: enough for people, and not so much that it fills a history. */
const maxEntries = 64;
const maxValue = 1_000;

/** Names under which credentials travel. */
const secretName = /pass(word|wd|phrase)?$|secret|token|api[-_]?key|credential|authorization/i;
/** `user:password@` in an address. */
const userInfo = /:\/\/[^\s/@:]*:[^\s/@]*@/g;

/** A copy with at most 64 entries of at most 1000 characters, and without what looks like a credential. */
export function bounded(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .slice(0, maxEntries)
      .map(([name, value]) => [
        name.slice(0, 200),
        secretName.test(name) ? '[redacted]' : boundedText(value),
      ]),
  );
}

function boundedText(value: string): string {
  const clean = value.replace(userInfo, '://[redacted]@');
  return clean.length > maxValue ? `${clean.slice(0, maxValue - 1)}…` : clean;
}
