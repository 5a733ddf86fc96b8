import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, mayInstall } from './apt.mjs';
import { startProgress } from './log.mjs';
import { peek, runCommand, which } from './run-command.mjs';

/**
 * Fetches a Java library with all that it needs at run time into a folder's `lib`.
 *
 * @param {{ group: string, name: string, version: string, megabytes: number, into: string, log: (line: string) => void,
 *   label: string, compiler?: boolean, signal?: AbortSignal }} options `compiler`: whether javac is needed as well
 * @returns {Promise<string | null>} null when done, otherwise the reason why not
 */
export async function mavenFetch({
  group,
  name,
  version,
  megabytes,
  into,
  log,
  label,
  compiler = false,
  signal,
}) {
  if (!hasJava(compiler) && mayInstall()) {
    log(`  ${label}: it needs Java and Maven; they are installed with apt, for the whole system`);
    const reason = await aptInstall({
      packages: [compiler ? 'default-jdk-headless' : 'default-jre-headless', 'maven'],
      log,
      label,
      signal,
    });
    if (reason) return reason;
  }
  if (!hasJava(compiler)) return `no ${compiler ? 'Java compiler' : 'Java'}, or no Maven, here`;
  log(`  ${label}: fetching ${group}:${name}:${version} and what it needs with Maven (${megabytes} MB)`);
  writeFileSync(join(into, 'pom.xml'), pom({ group, name, version }));
  const progress = startProgress(log, label);
  try {
    const copy = [
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${join(into, 'lib')}`,
    ];
    const result = await runCommand('mvn', ['-B', '-q', ...copy], { cwd: into, signal });
    return result.code === 0 ? null : `Maven failed: ${result.tail}`;
  } finally {
    progress.end();
  }
}

function hasJava(compiler) {
  return Boolean(which('mvn') && peek('java', ['-version']) && (!compiler || which('javac')));
}

function pom({ group, name, version }) {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>nightshift</groupId><artifactId>${name}</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`;
}
