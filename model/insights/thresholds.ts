/** From when on a figure says something. Each is told in docs/insights.md. */
export const thresholds = {
  /** Below so many cases it is `n of m`, without a percentage. */
  percentage: 5,
  /** Below so many values there is no 90th percentile. */
  p90: 10,
  /** Incidents of one target and alert that are a recurrence. */
  recurrence: 2,
  /** Approvals, with no rejection among them, that make a kind of change a candidate for `auto`. */
  autonomyApprovals: 5,
  /** And of those that were measured, at least this share helped. */
  autonomyHelped: 0.5,
  /** Rejections, with no approval among them, that make a rung one to drop. */
  dropRejections: 3,
  /** A change after which use had grown by this share of the limit, and that did not help, made it worse. */
  worseShare: 0.01,
  /** Incidents at one limit, none of them led by a leak, that judge the limit. */
  limitIncidents: 3,
  /** The limit is called wrong where the right one differs by this share of it. */
  limitOff: 0.1,
  /** Incidents that a leak led. */
  leakIncidents: 3,
  /** Questions in a quarter of the day, and as many outside of it, before the two are compared. */
  hourQuestions: 5,
  /** How many times longer the quarter's median must be. */
  hourFactor: 2,
  /** Incidents of a target in which something could not be read. */
  gapIncidents: 3,
  /** And the share of its incidents. */
  gapShare: 0.5,
  /** Incidents of a target of which none recovered. */
  unhelpedIncidents: 3,
} as const;
