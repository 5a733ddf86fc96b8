import { goProgram } from '../lib/go-program.mjs';

/** The parser of `docker compose` by itself: it reads and checks a compose file, and needs no engine. */
export const VERSION = '2.14.0';

/** Published as source only. Without a file it says what it is for. */
export const { find, ensure } = goProgram({
  part: 'compose-spec',
  name: 'compose-go',
  use: 'reads docker-compose.yml',
  version: VERSION,
  variable: 'NIGHTSHIFT_COMPOSE_SPEC',
  mend: 'install Go (https://go.dev/dl)',
  asks: ['-h'],
  tells: /-format/,
  build: {
    module: 'github.com/compose-spec/compose-go/v2/cmd',
    packages: 190,
    takes: 'some 20 s; a program of 5 MB',
  },
});
