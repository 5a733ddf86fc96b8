// Docker's health check: exit code 0 where the address given answers with 2xx.
try {
  const { ok, status } = await fetch(process.argv[2], { signal: AbortSignal.timeout(4_000) });
  console.log(status);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.log(String(error.cause ?? error));
  process.exitCode = 1;
}
