/** No such incident, or none that the asker may know of. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
  readonly mend = '`nightshift incident list --all` shows the incidents there are.';
}

/** More than one incident has that name. */
export class Ambiguous extends Error {
  override readonly name = 'Ambiguous';
  readonly mend = 'Name the incident by its target key.';
}

/** The incident, or what has become of it, does not allow this. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly mend = '`nightshift incident show` tells how the incident stands.';
}

/** Temporal is there, but no worker answered in time: it is not known whether it was taken. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly mend =
    'Start a worker (`nightshift worker`) and send it again: the same answer sent twice counts once.';
}
