/** What differs from run to run, and the name that stands for it in a transcript. The longer forms come first. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/vget_[A-Za-z0-9_-]{86}/g, '{token}'],
  [/\b[0-9a-f]{64}\b/g, '{sha256}'],
  [/\bvigo-[0-9a-f]{32}\b/g, '{trust domain}'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/g, '{uuid}'],
  [/\b[0-9a-f]{16}\b/g, '{id}'],
  [/\b[0-9a-f]{12}\b/g, '{digest}'],
  [/\b20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}(\.[0-9]{3})?Z/g, '{time}'],
  [/\b1[0-9]{12}\b/g, '{ms}'],
  [/(?<=(127\.0\.0\.1|this host>):)[0-9]{4,5}\b/g, '{port}'],
  // A certificate names the host that it is made on.
  [/(?<=good for (?:.*, )?)[A-Za-z0-9.-]+(?=, localhost, 127)/g, '{host name}'],
  // Who logged in, where the tests run in a session.
  [/ \(login [0-9]+\)|"claimed_by":\{"login_uid":[0-9]+\},/g, ''],
  [/(?<=\(sudo [a-z]+), login [0-9]+(?=\))/g, ''],
  [/ {3,}/g, '  '],
];

/** The text of a program with placeholders in it. */
export function placeholders(text: string, dir: string): string {
  return VARIABLE.reduce((line, [pattern, name]) => line.replaceAll(pattern, name), text.replaceAll(dir, '{dir}'));
}
