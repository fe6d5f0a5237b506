"""A Kamailio on a PostgreSQL of its own, for phones-back."""

import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from demo import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")

# The people and phones of `linekey demo --seed-users`, as far as Kamailio sees them.
SEED = """
insert into accounts (id, name, domain, sip_domain, created_at) values ('a', 'Load', 'load.example', 'load.example', 0);
insert into users (id, account_id, role, name, display_name, display_key, created_at)
     select 'u' || n, 'a', 'user', 'u' || n, 'u', 'u', 0 from generate_series(0, {last}) n;
insert into phones (id, account_id, user_id, label, sip_domain, sip_name, sip_hashes, generation, created_at)
     select 'p' || n, 'a', 'u' || n, 'Desk', 'load.example', 'u' || lpad(n::text, 6, '0') || '-desk', '', 1, 0
       from generate_series(0, {last}) n;
insert into kamailio.credential (phone_id, username, domain, ha1, ha1b, generation)
     select id, sip_name, sip_domain, md5(sip_name || ':load.example:Demo-' || sip_name || '-2026'), md5(''), 1 from phones;
create table kamailio.ha1 (id serial primary key, key_name text not null, key_type int not null default 0,
    value_type int not null default 0, key_value text not null, expires int not null default 0);
insert into kamailio.version (table_name, table_version) values ('ha1', 2);
grant select on kamailio.ha1 to linekey_kamailio;
insert into kamailio.ha1 (key_name, key_value) select username, ha1 from kamailio.credential;
analyze;
"""

# The sample that providers start from, and the fastest there is.
SAMPLE = os.path.join(ROOT, "deploy", "kamailio", "kamailio.cfg")
MEMORY = os.path.join(HERE, "kamailio_memory.cfg")


def of_postgres(command):
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


class Kamailio:
    """Both servers, until `stop`."""

    def __init__(self, phones, configuration):
        self.configuration = configuration
        for program in ("kamailio", "psql"):
            if not shutil.which(program):
                raise SystemExit(f"{program} is missing; docs/kamailio.md names the packages")
        self.programs = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        self.folder = tempfile.mkdtemp(prefix="linekey-kamailio-")
        if os.geteuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        self.cluster = os.path.join(self.folder, "cluster")
        self.port, self.sip_port, self.kamailio = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM), None
        self.run("initdb", "-D", self.cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.run("pg_ctl", "-D", self.cluster, "-l", os.path.join(self.cluster, "log"), "-w", "-o",
                 f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories=", "start")
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        for file in sorted(glob.glob(os.path.join(ROOT, "migrations", "postgres", "*.sql"))):
            self.psql("-f", file)
        self.psql("-v", "password=x", "-f", os.path.join(ROOT, "deploy", "kamailio", "role.sql"))
        self.psql("-c", SEED.format(last=phones - 1))
        self.start()

    def run(self, program, *arguments):
        command = of_postgres([os.path.join(self.programs, program), *arguments])
        subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, check=True)

    def psql(self, *arguments):
        command = ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-At", *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def start(self):
        """As its systemd unit does, with room for the phones; nobody listens where the portal would."""
        shutil.copy(self.configuration, os.path.join(self.folder, "kamailio.cfg"))
        portal, self.rpc = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
        database = f"postgres://linekey_kamailio:x@127.0.0.1:{self.port}/postgres"
        with open(os.path.join(self.folder, "site.cfg"), "w", encoding="utf-8") as site:
            site.write(
                f'#!substdef "!SERVER_ID!1!g"\n#!substdef "!DATABASE!{database}!g"\n'
                f'#!substdef "!PORTAL!http://127.0.0.1:{portal}/kamailio/changed!g"\n#!substdef "!SECRET!x!g"\n'
                f'#!define RPC_ADDRESS "127.0.0.1"\nlisten=udp:127.0.0.1:{self.sip_port}\nlisten=tcp:127.0.0.1:{self.rpc}\n'
            )
        with open(os.path.join(self.folder, "log"), "a", encoding="utf-8") as log:
            command = ["kamailio", "-DD", "-E", "-m", "256", "-f", "kamailio.cfg", "-Y", self.folder]
            self.kamailio = subprocess.Popen(
                command, cwd=self.folder, env={**os.environ, "TZ": "UTC"}, stdout=subprocess.DEVNULL, stderr=log
            )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", self.rpc)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit(f"Kamailio did not start; {self.folder}/log says why")

    def processes(self):
        """Kamailio and its children, and PostgreSQL and its own."""
        with open(os.path.join(self.cluster, "postmaster.pid"), encoding="utf-8") as file:
            parents = {self.kamailio.pid, int(file.readline())}
        found = set(parents)
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
                    parent = int(stat.read().rpartition(")")[2].split()[1])
            except FileNotFoundError:
                continue
            if parent in parents:
                found.add(int(process))
        return sorted(found)

    def registered(self):
        """Phones that it holds."""
        ask = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "stats.fetchn", "params": ["usrloc:"]})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rpc}/rpc", ask.encode(), timeout=10) as answer:
            return json.load(answer)["result"]["usrloc.registered_users"]

    def stop(self):
        if self.kamailio:
            self.kamailio.terminate()
            self.kamailio.wait()
        self.run("pg_ctl", "-D", self.cluster, "-m", "fast", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
