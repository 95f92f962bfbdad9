"""js_test.py FOLDER: installs the JS SDK into FOLDER and runs js/operations.mjs there against a fresh server."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration"))
import harness  # noqa: E402

SKIPPED = 77


def count(passed, failed, skipped):
    folder = os.environ.get("WAYPOST_COUNTS_DIR")
    if folder:
        with open(os.path.join(folder, "js_test.py"), "w", encoding="ascii") as file:
            file.write(f"{passed} {failed} {skipped}\n")


def skip(why):
    print("skipped: " + " ".join(why.split()))
    count(0, 0, 1)
    return SKIPPED


def install(folder):
    """Why it could not be installed, or None."""
    os.makedirs(folder, exist_ok=True)
    for name in "package.json", "operations.mjs":
        shutil.copy(os.path.join(HERE, "js", name), folder)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", folder]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm: {error}"
    return None if done.returncode == 0 else "npm cannot install the SDK: " + done.stderr.strip()[-300:]


def main(folder):
    if not shutil.which("node") or not shutil.which("npm"):
        return skip("node or npm is missing")
    why = install(folder)
    if why:
        return skip(why)
    server = harness.Server().start()
    environment = harness.clean_environment(server.folder, WAYPOST_ENDPOINT=server.url, AWS_EC2_METADATA_DISABLED="true")
    done = subprocess.run(["node", os.path.join(folder, "operations.mjs")], env=environment, timeout=120, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    passed = done.stdout.count("\nok ") + done.stdout.startswith("ok ")
    code = server.stop()
    good = done.returncode == 0 and code == 0
    if not good:
        print(f"node ended with {done.returncode}, waypost with {code}\n{server.logged()}")
    server.remove()
    count(passed, 0 if good else 1, 0)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
