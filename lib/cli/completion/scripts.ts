/**
 * What a shell must know to ask `vigocli` for completions. The words themselves come from the program each time, so
 * that a script that was installed once stays right.
 */
export const scripts = {
  // bash takes `--option=value` apart at the sign, quotes no word, and leaves out the space behind a folder only where it is told so.
  bash: `# bash completion for vigocli: source <(vigocli completion bash)
_vigocli() {
  local typed=\${COMP_WORDS[COMP_CWORD]} word lines line
  local -a before=()
  [[ $typed == = ]] && typed=
  typed=\${typed//\\\\}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == = ]] || before+=("$word")
  done
  COMPREPLY=()
  mapfile -t lines < <(vigocli --complete "\${before[@]}" "$typed" 2>/dev/null </dev/null)
  if [[ \${lines[0]-} == files ]]; then
    compopt -o default
    return
  fi
  for line in "\${lines[@]:1}"; do
    printf -v word %q "\${line%%$'\\t'*}"
    COMPREPLY+=("$word")
  done
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _vigocli vigocli
`,
  zsh: `#compdef vigocli
# zsh completion for vigocli: source <(vigocli completion zsh), or keep it as _vigocli in a folder of $fpath
_vigocli() {
  local line
  local -a typed lines words_ folders
  typed=("\${(@Q)words[2,CURRENT]}")
  if [[ $typed[-1] == --*=* ]]; then
    typed[-1]=("\${typed[-1]%%=*}" "\${typed[-1]#*=}")
    compset -P '*='
  fi
  lines=("\${(@f)$(vigocli --complete "\${typed[@]}" 2>/dev/null </dev/null)}")
  if [[ $lines[1] == files ]]; then
    _files
    return
  fi
  for line in "\${lines[@]:1}"; do
    if [[ $line == */ ]]; then
      folders+=("$line")
    else
      words_+=("\${line/$'\\t'/:}")
    fi
  done
  _describe -V vigocli words_ -- folders -S ''
}
if [[ $funcstack[1] == _vigocli ]]; then
  _vigocli "$@"
else
  compdef _vigocli vigocli
fi
`,
  fish: `# fish completion for vigocli: vigocli completion fish > ~/.config/fish/completions/vigocli.fish
function __vigocli_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines (vigocli --complete $before[2..-1] "$typed" 2>/dev/null </dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$typed"
    else
        printf '%s\\n' $lines[2..-1]
    end
end
complete -c vigocli -f -a '(__vigocli_complete)'
`,
} as const;

export type Shell = keyof typeof scripts;

export function isShell(name: string): name is Shell {
  return Object.hasOwn(scripts, name);
}
