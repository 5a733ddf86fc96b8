import { Argument, type Command } from 'commander';
import type { Cli } from '../program.js';

/** `nightshift completion …`: each script asks the hidden `__complete` for the words that may follow. */
export function addCompletion(root: Command, { io }: Cli): void {
  root
    .command('completion')
    .description('Print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(nightshift completion bash)\n  nightshift completion fish > ~/.config/fish/completions/nightshift.fish',
    )
    .action((shell: keyof typeof scripts) => io.out(scripts[shell]));
  root
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action((words: readonly string[]) =>
      io.out(
        candidates(root, words)
          .map((word) => `${word}\n`)
          .join(''),
      ),
    );
}

/** Words that may stand in the last place, given those before it. */
export function candidates(root: Command, words: readonly string[]): readonly string[] {
  const last = words[words.length - 1] ?? '';
  let command = root;
  let previous = '';
  for (const word of words.slice(0, -1)) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (next) command = next;
    previous = word;
  }
  const taking = command.options.find(
    ({ short, long }) => previous !== '' && (short === previous || long === previous),
  );
  const values =
    taking?.argChoices ?? command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const names = command.commands.map((each) => each.name()).filter((name) => !name.startsWith('_'));
  const flags = command.options.flatMap(({ long }) => long ?? []);
  const words2 = taking?.argChoices
    ? values
    : [...names, ...values, ...(last.startsWith('-') ? [...flags, '--help'] : [])];
  return words2.filter((word) => word.startsWith(last));
}

const scripts = {
  bash: `_nightshift() {
  local IFS=$'\\n'
  COMPREPLY=( $(nightshift __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) )
}
complete -o default -F _nightshift nightshift
`,
  zsh: `#compdef nightshift
_nightshift() {
  local -a found
  found=( \${(f)"$(nightshift __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"} )
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _nightshift nightshift
`,
  fish: `function __nightshift_complete
  set -l words (commandline -opc) (commandline -ct)
  nightshift __complete -- $words[2..-1] 2>/dev/null
end
complete -c nightshift -f -a '(__nightshift_complete)'
`,
} as const;
