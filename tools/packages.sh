# Sourced by the other tools: which Debian packages are needed for what, and how missing ones are installed.
# shellcheck shell=bash

# To build and run waypost.
readonly PACKAGES_BUILD=(
  g++ cmake ninja-build pkg-config ccache mold
  libboost1.81-dev librocksdb-dev libc-ares-dev nlohmann-json3-dev libcli11-dev libspdlog-dev libtomlplusplus-dev
  libssl-dev libnghttp2-dev libldns-dev
)
# What people type at it: the demo's commands.
readonly PACKAGES_CLIENTS=(ca-certificates curl bind9-dnsutils awscli)
# To build and run every test.
readonly PACKAGES_TEST=(
  libgtest-dev libgmock-dev libbenchmark-dev
  clang-14 clang-format-14 libclang-rt-14-dev
  python3 python3-boto3 python3-dnspython python3-grpcio nodejs npm iproute2 libfaketime knot-dnsutils musl-tools
)
# For tools/lint alone.
readonly PACKAGES_LINT=(clang-tidy-14)

say() { printf '\n==> %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Prints those of the given packages that are not there, one a line.
missing_packages() {
  local installed name boost
  installed=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *|//p' || true)
  for name in "$@"; do
    if grep -qxF -- "$name" <<<"$installed"; then continue; fi
    case $name in
      libboost1.81-dev)
        # Boost packages exclude one another: a newer one that is there already serves as well.
        boost=$(sed -n 's/^#define BOOST_VERSION \([0-9]*\).*/\1/p' /usr/include/boost/version.hpp 2>/dev/null || true)
        if [ "${boost:-0}" -ge 108100 ]; then continue; fi
        ;;
      # Other distributors' Node packages bring npm along and exclude Debian's.
      nodejs) if [ -x /usr/bin/node ]; then continue; fi ;;
      npm) if [ -x /usr/bin/npm ]; then continue; fi ;;
    esac
    printf '%s\n' "$name"
  done
}

# install_missing PACKAGE…: installs what is missing in one go, says what it does, does nothing when all is there.
install_missing() {
  local missing=() as_root=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "no apt here: nothing is installed. What Debian calls these must be there: $*"
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then
    say "packages: all $# are there, nothing to install"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      die "packages are missing and this is neither root nor is there sudo. As root: apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo)
  fi
  say "packages: installing ${missing[*]}"
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
    install -y -qq --no-install-recommends "${missing[@]}"
}

# Compiled objects are found again when the same tree lies in another folder.
use_ccache() {
  export CCACHE_BASEDIR=$1 CCACHE_NOHASHDIR=1
}

# build_waypost ROOT: Release, without touching whether that tree builds its tests.
build_waypost() {
  local root=$1 fresh=()
  use_ccache "$root"
  if [ ! -f "$root/build/release/CMakeCache.txt" ]; then
    fresh=(-DWAYPOST_TESTS=OFF)
  fi
  say "cmake --preset release ${fresh[*]}"
  (cd "$root" && cmake --preset release "${fresh[@]}" >"$(log_file "$root" configure)") ||
    die "cmake failed, see $(log_file "$root" configure)"
  say "cmake --build --preset release --target waypost"
  (cd "$root" && cmake --build --preset release --target waypost) || die "the build failed"
}

# log_file ROOT NAME: where a tool keeps long output.
log_file() {
  mkdir -p "$1/build/logs"
  printf '%s/build/logs/%s.log' "$1" "$2"
}
