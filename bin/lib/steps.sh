# shellcheck shell=bash
# Prints one line for each step, with its time. The output of a step is shown only if the step fails.

# shellcheck disable=SC2034 # The scripts that source this file use it.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lamby

step() {
  local title=$1 log started status
  shift
  log=$(mktemp)
  started=$SECONDS
  printf '%-44s' "$title"
  # Do not write `"$@" || status=$?`: bash then ignores `set -e` inside the function, and notices only a failure of its
  # last command.
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf 'failed\n\n'
    cat "$log"
    printf '\n%s failed, with status %s: %s\n' "$title" "$status" "$*" >&2
    rm -f "$log"
    exit "$status"
  fi
  printf '%3ds\n' $((SECONDS - started))
  rm -f "$log"
}

give_up() {
  printf '%s\n' "$*" >&2
  exit 1
}
