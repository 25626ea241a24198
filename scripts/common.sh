# common.sh: what the scripts share. Sourced, never run. A bare Debian has no curl, ps, ss, jq, python3, sudo (as root)
# and a POSIX locale, and the PATH of an ordinary user has no sbin: nothing here needs them.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
export LC_ALL=C.UTF-8
PATH+=:/usr/local/sbin:/usr/sbin:/sbin

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
readonly postgres_bin=/usr/lib/postgresql/15/bin
readonly socket_path_max=107 # sun_path of unix(7), without its zero

say() {
  printf '%s\n' "$*" >&2
}

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@" # resets the environment: name variables behind `env`
  else
    die "needs root for: $* (no sudo here)"
  fi
}

# PostgreSQL refuses to run as root; its package made the user postgres. Called where that user can stand: / .
as_postgres() {
  if ((EUID == 0)); then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# The folder of the system that `make run` starts from this checkout: sockets, data, logs, addresses. As root the user
# postgres must be able to reach it, which it cannot under /run/user/0 (0700).
runtime_dir() {
  local base=${XDG_RUNTIME_DIR:-/tmp} name
  if [[ ! -d $base || ! -w $base ]] || ((EUID == 0 && ($(stat -c '0%a' "$base") & 1) == 0)); then
    base=/tmp
  fi
  name=$(printf '%s' "$root" | sha256sum)
  printf '%s/ecf2-%s-%s\n' "$base" "$EUID" "${name:0:8}"
}

# Makes DIR ours. In /tmp anybody could have made it before us. Root's is 0711 because postgres must pass through it to
# its own folder; what is secret in it has its own mode.
make_private_dir() { # DIR
  mkdir -p "$1"
  [[ ! -L $1 && -O $1 ]] || die "$1 belongs to somebody else; remove it first"
  chmod "$( ((EUID == 0)) && echo 711 || echo 700)" "$1"
}

# Waits until COMMAND succeeds, trying again every 50 ms: for readiness, which is looked at, never slept for.
wait_until() { # SECONDS COMMAND...
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

# Whether process PID runs, and is no other one that got its number: its program's path must contain WORD.
runs() { # PID WORD
  local exe
  exe=$(readlink "/proc/$1/exe" 2>/dev/null) || exe=$(as_postgres readlink "/proc/$1/exe" 2>/dev/null) || return 1
  [[ $exe == *"$2"* ]]
}

is_gone() { # PID
  # a zombie has ended; its parent has not asked yet
  [[ ! -d /proc/$1 || $(sed -n 's/^State:\s*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) == [ZX] ]]
}

# Starts COMMAND detached from our terminal, session and open files (locks among them). Its output goes to FILE.
start_detached() { # FILE COMMAND...
  local log=$1 fd
  shift
  (
    for fd in /proc/"$BASHPID"/fd/*; do
      fd=${fd##*/}
      if ((fd > 2)); then
        eval "exec $fd>&-" 2>/dev/null || true
      fi
    done
    exec setsid --fork "$@" </dev/null >>"$log" 2>&1
  )
}

# One value of one flat JSON file of a process (FILE KEY): {"service":"front","pid":42,"http":"127.0.0.1:8080"}.
json_value() {
  sed -n "s/.*\"$2\"[[:space:]]*:[[:space:]]*\"\{0,1\}\([^\",}]*\).*/\1/p" "$1" 2>/dev/null
}

# The pids of ecf2-SERVICE processes of the system in DIR ("*" = all of them), oldest first. What a process says of
# itself in DIR/run/*.json comes later than its start and outlives its death; its environment does neither.
processes_of() { # DIR SERVICE
  local exe pid
  while read -r exe; do
    pid=${exe#/proc/}
    pid=${pid%/exe}
    if grep -qzFx "ECF2_RUNTIME_DIR=$1" "/proc/$pid/environ" 2>/dev/null && ! is_gone "$pid"; then
      echo "$pid"
    fi
  done < <(find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*/exe' \
    \( -lname "*/ecf2-$2" -o -lname "*/ecf2-$2 (deleted)" \) 2>/dev/null | sort -V)
}

# Asks processes to end and waits; after 40 s (they may take 30, pipeline.md PL-56) it ends them.
end_processes() { # PID…
  local pid
  kill -TERM "$@" 2>/dev/null || true
  for pid; do
    if ! wait_until 40 is_gone "$pid"; then
      say "process $pid does not end; killing it"
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
}
