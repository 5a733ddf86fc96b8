import vm from 'node:vm';

/**
 * Temporal's SDK gives every step into a workflow a time limit, and Node starts a thread for each limit: some sixty a
 * history, half of the time of a replay. Here nothing but replays runs, and the parent process watches over them by
 * its own clock, so the limit is left out.
 */
export function withoutTimeLimits(): void {
  const { runInContext } = vm.Script.prototype;
  vm.Script.prototype.runInContext = function unlimited(this: vm.Script, context, options) {
    const { timeout: _, ...rest } = options ?? {};
    return runInContext.call(this, context, rest);
  };
}
