/**
 * What the tests that prove rows put in the place of a real part, by hand: a server that says what the part could not be
 * made to say. `tests`: parts of the titles of those in which it stands in; none of them may prove a row. None where
 * nothing stands in for a part.
 * @typedef {{ file: string, what: string, tests: string[] }} StandIn
 */

/** @type {StandIn[]} */
export const standIns = [
  {
    file: 'test/real/kubernetes/look.test.ts',
    what: 'a metrics API and a Prometheus that lie',
    tests: [
      'where the metrics API has nothing or lies',
      'believes neither a Prometheus that answers nonsense',
    ],
  },
  {
    file: 'test/real/kubernetes/faults.test.ts',
    what: 'answers of the API server (401, 403, 409, 429, 503) that a proxy before it gives',
    tests: [
      'a right that is missing is told',
      'an API server that is too busy is asked again',
      'a conflict is no reason to overwrite',
      'without figures of memory nothing is changed',
    ],
  },
  {
    file: 'test/real/kubernetes/lost-answers.test.ts',
    what: 'answers of the API server (401, 403, 429) that a proxy before it gives',
    tests: [
      'what is missing is told, and nothing is changed',
      'an eviction that a busy API server does not take',
      'by the API server: what is missing is told',
    ],
  },
  {
    file: 'test/real/docker-look.test.ts',
    what: 'an engine that never answers',
    tests: ['one that never answers'],
  },
  {
    file: 'test/real/appliers.test.ts',
    what: 'an app that is asked to drain',
    tests: ['with a drain call'],
  },
  { file: 'test/real/mem-001.test.ts', what: 'nothing: a server only finds a free port', tests: [] },
];
