"""The embedded server outlives the command and a kill, keeps its port and data, and says what is in its way."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import psutil
import pytest

from infra.cluster import Cluster, free_port
from infra.programs import ClusterError, account_for
from tests.servers import PASSWORD, ROOT, guarded, kill_server
from tests.stack.project import Project


def test_after_a_kill_the_next_up_starts_it_on_its_port_with_its_data(project: Project) -> None:
    project.up()
    cluster, before = project.cluster(), project.outputs()
    with project.connect("app") as app:
        app.execute("""INSERT INTO "Team" (name, "ownerId") SELECT 'kept', id FROM "User" """)
    kill_server(cluster)
    project.up()
    assert project.outputs() == before
    with project.connect("app") as app:
        assert app.execute('SELECT name FROM "Team"').fetchall() == [("kept",)]

    kill_server(cluster)
    message = project.fail("refresh", "--yes", "--skip-preview", "--stack", "dev")
    assert "Connection refused" in message
    start = [sys.executable, ROOT / "tools" / "start.py", "dev"]  # as `make refresh` does before
    subprocess.run(start, cwd=project.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")

    kill_server(cluster)
    project.succeed("destroy", "--yes", "--skip-preview", "--stack", "dev")
    assert not cluster.folder.exists()


def test_two_stacks_run_side_by_side(project: Project) -> None:
    project.write("Pulumi.two.yaml", (project.folder / "Pulumi.dev.yaml").read_text().split("encryptionsalt")[0])
    project.succeed("stack", "init", "two")
    project.up()
    project.up(stack="two")
    assert project.cluster("dev").port != project.cluster("two").port
    project.succeed("destroy", "--yes", "--skip-preview", "--stack", "two")
    project.connect("app", "dev").close()


def test_the_port_can_be_chosen_and_changed(project: Project) -> None:
    for port in (free_port(), free_port()):
        project.succeed("config", "set", "--stack", "dev", "creativeflow:postgresPort", str(port))
        project.up()
        assert project.outputs()["port"] == port
        project.connect("app").close()


def test_another_administrator_is_refused_before_anything_is_touched(project: Project) -> None:
    project.up()
    project.succeed("config", "set", "--stack", "dev", "creativeflow:postgresUser", "another")
    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        message = project.fail(*command, "--stack", "dev")
        assert 'the server was made with postgresUser "postgres", which cannot be changed: set it back' in message
    project.succeed("config", "rm", "--stack", "dev", "creativeflow:postgresUser")
    project.up("--expect-no-changes")
    project.connect("admin").close()


def test_a_taken_port_is_named_and_leaves_the_next_up_free(project: Project) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        project.succeed("config", "set", "--stack", "dev", "creativeflow:postgresPort", str(port))
        message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
        assert f"port {port} on 127.0.0.1 cannot be used" in message
        assert "pulumi config set postgresPort" in message
    project.up()
    assert project.outputs()["port"] == port


def test_data_of_another_stack_is_never_taken_over(project: Project) -> None:
    cluster = Cluster(project.folder / ".local" / "postgres" / "dev", free_port())
    cluster.init("postgres", "a password that the stack does not know", {"listen_addresses": "127.0.0.1"})
    message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    assert "holds the data of an earlier stack" in message
    assert "move the folder away" in message
    assert cluster.exists()


def test_data_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    """Also where the link to it is lost, as when somebody has deleted .local."""
    cluster = Cluster(tmp_path / "server", free_port())
    with guarded(cluster):
        cluster.init("postgres", PASSWORD, {})
        if cluster.folder.is_symlink():
            cluster.folder.unlink()
        with pytest.raises(ClusterError, match="is there already: move it away"):
            cluster.init("postgres", "another password", {})


def test_data_that_is_gone_is_named_and_what_is_advised_then_works(project: Project) -> None:
    project.up()
    cluster = project.cluster()
    cluster.stop()
    shutil.rmtree(cluster.data)
    message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    assert f"{cluster.data} is gone: put it back, or run `make down` and `make up`" in message
    project.destroy()
    project.up()
    project.connect("app").close()


def test_data_that_is_gone_from_elsewhere_leaves_a_link_that_is_in_nobody_s_way(tmp_path: Path) -> None:
    """As in a container that was made anew, with the project's folder of before."""
    cluster = Cluster(tmp_path / "server", free_port())
    with guarded(cluster):
        cluster.folder.symlink_to(tmp_path / "no more")
        with pytest.raises(ClusterError, match="is gone: put it back"):
            cluster.start()
        cluster.init("postgres", PASSWORD, {})
        assert cluster.exists()


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "server", free_port())
    with guarded(cluster):
        cluster.init("postgres", PASSWORD, {})
        (cluster.data / "PG_VERSION").write_text("17\n")
        with pytest.raises(ClusterError, match="belongs to PostgreSQL 17, but this project runs PostgreSQL 18"):
            cluster.start()


def test_a_full_disk_is_named_and_nothing_is_left_on_it() -> None:
    """On real file systems of 20 MB, in a mount namespace that ends with the command: one where the data is to be, and
    one where it goes if the server's account cannot reach that.
    """
    namespace = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps", "--mount"]
    fill = """
        import pathlib, sys
        from infra.cluster import Cluster
        from infra.programs import ClusterError
        cluster = Cluster(pathlib.Path(sys.argv[1]) / "server", 1)
        try:
            cluster.init("postgres", "password", {})
        except ClusterError as error:
            print(error, [path.name for path in cluster.folder.iterdir()])
    """
    mount = "mount -t tmpfs -o size=20m tmpfs"
    script = f'{mount} "$1" && {mount} /var/lib && exec "$2" -c "$3" "$1"'
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # so that the server's account reaches it, and the cluster stays in there
        command = ["unshare", *namespace, "sh", "-c", script, "sh", folder, sys.executable, textwrap.dedent(fill)]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "No space left on device" in told
    assert told.strip().endswith("[]")


def test_the_server_holds_no_secret_of_ours_and_does_not_run_as_root(running: Project) -> None:
    pid = int((running.cluster().data / "postmaster.pid").read_text().splitlines()[0])
    postmaster = psutil.Process(pid)
    assert set(postmaster.environ()) <= {"PATH", "PWD", "LC_ALL", "TZ", "PGDATA", "PGSYSCONFDIR", "PG_GRANDPARENT_PID"}
    assert postmaster.uids().real != 0
    listening = {connection.laddr.ip for connection in postmaster.net_connections() if connection.status == "LISTEN"}
    assert listening == {"127.0.0.1"}
    rules = (running.cluster().data / "pg_hba.conf").read_text().splitlines()
    assert {line.split()[-1] for line in rules if line and not line.startswith("#")} == {"scram-sha-256"}


def test_a_folder_that_the_servers_account_cannot_reach_is_kept_elsewhere(tmp_path: Path) -> None:
    """Root's folders are often closed to others. Where this process is not root, it is the server's account too."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "server", free_port())
    with guarded(cluster):
        cluster.init("postgres", PASSWORD, {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""})
        cluster.start()
        assert cluster.running()
        assert cluster.folder.is_symlink() == (account_for(closed) is not None)
        place = cluster.place
    assert not place.exists()
    assert not cluster.folder.is_symlink()
