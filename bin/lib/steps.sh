# shellcheck shell=bash
# One line a step, with its time; what a step prints goes to a log that is shown when it fails.

# shellcheck disable=SC2034 # for who sources this file
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lamby

step() {
  local title=$1 log started status
  shift
  log=$(mktemp)
  started=$SECONDS
  printf '%-44s' "$title"
  # Not `"$@" || status=$?`: there bash ignores -e inside of the function that is called,
  # so that only its last command could fail.
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
