"""A systemd unit for the daemon on a host without containers.

Owns what the daemon may do there: open packet sockets, write below its own directory, reach the network; nothing else.
The least that works with every source and option, so that nobody has to loosen it first.
"""

from __future__ import annotations

from typing import Final

__all__ = ["service"]

_SERVICE: Final = """\
# interceptor on a host. Once, as root:
#   useradd --system --no-create-home --shell /usr/sbin/nologin interceptor
#   mkdir -p /etc/interceptor      # config.yaml, and a token that the group interceptor may read:
#   printf 'capture: {sources: ["live:"]}\\nendpoint: https://collector.example\\ntoken_file: /etc/interceptor/token\\n' \\
#     > /etc/interceptor/config.yaml
#   install -m 640 -g interceptor token /etc/interceptor/token
#   systemctl daemon-reload && systemctl enable --now interceptor
[Unit]
Description=HTTP metadata from packets (interceptor)
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=PROGRAM run --config /etc/interceptor/config.yaml
ExecReload=/bin/kill -HUP $MAINPID
User=interceptor
Group=interceptor
# The spool: /var/lib/interceptor/spool is the default of spool.directory.
StateDirectory=interceptor
StateDirectoryMode=0750
UMask=0077
Restart=on-failure
RestartSec=5
# Usage and configuration: trying again mends neither.
RestartPreventExitStatus=2
# Longer than shutdown_seconds (20), so that what is under way is written.
TimeoutStopSec=40

# What it may take of the machine. Its own budget is three quarters of MemoryMax.
MemoryMax=1G
TasksMax=512
CPUWeight=50
LimitNOFILE=16384

# Packet sockets need CAP_NET_RAW; nothing needs more.
CapabilityBoundingSet=CAP_NET_RAW
AmbientCapabilities=CAP_NET_RAW
NoNewPrivileges=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
"""


def service(program: str) -> str:
    """The unit; `program` is how to start the interceptor, by its whole path.

    Its blanks and percent signs are escaped (systemd.service(5)). systemd takes no program with quotation marks or
    backslashes in its path.
    """
    path, *module = program.replace("%", "%%").split(" -m ")
    started = f'"{path}"' if " " in path else path
    return _SERVICE.replace("PROGRAM", " -m ".join([started, *module]))
