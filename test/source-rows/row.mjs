/**
 * One line of a source runbook. `where`: what does it in the product. `tests`: file and a part of the title; all of
 * them must have passed. `departure`: what is done otherwise, and why. `advice`: nothing outside takes part (a text, a
 * figure from evidence), so a test of pure code proves it; without it one of the tests is one with real parts.
 * @typedef {{ id: string, part: string, text: string, where: string[], tests: [file: string, title: string][],
 *   departure?: string, advice?: true }} Row
 */

/** @param {string} file @returns {(title: string) => [string, string]} */
export const testsIn = (file) => (title) => [`test/${file}.test.ts`, title];
