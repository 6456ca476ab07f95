# shellcheck shell=bash
# One line a step, with its time; what a step prints goes to a log that is shown when it fails.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/lamby

step() {
  local title=$1 log started status
  shift
  log=$(mktemp)
  started=$SECONDS
  printf '%-44s' "$title"
  status=0
  "$@" >"$log" 2>&1 </dev/null || status=$?
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
