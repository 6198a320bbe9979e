// Special-purpose and multicast networks. Sources: IANA "IPv4 Special-Purpose Address Registry" and "IPv6 Special-Purpose Address
// Registry" (RFC 6890): iana-ipv4-special-registry-1.csv and iana-ipv6-special-registry-1.csv as of 2026-07-18, every row but
// that of IPv4-mapped addresses, which are written as IPv4; "IPv4 Multicast Address Space Registry" (RFC 5771) and "IPv6 Multicast
// Address Space Registry" (RFC 3307), of which what hosts meet; scopes of IPv6 multicast by RFC 7346.

export const specialNetworks = `
0.0.0.0/8 this network
0.0.0.0 this host
10.0.0.0/8 private
100.64.0.0/10 shared (carrier NAT)
127.0.0.0/8 loopback
169.254.0.0/16 link-local
172.16.0.0/12 private
192.0.0.0/24 IETF protocol
192.0.0.0/29 IPv4 service continuity
192.0.0.8 IPv4 dummy address
192.0.0.9 PCP anycast
192.0.0.10 TURN anycast
192.0.0.170/31 NAT64 discovery
192.0.2.0/24 documentation
192.31.196.0/24 AS112
192.52.193.0/24 AMT
192.88.99.0/24 6to4 relay (deprecated)
192.88.99.2 6a44 relay
192.168.0.0/16 private
192.175.48.0/24 AS112
198.18.0.0/15 benchmarking
198.51.100.0/24 documentation
203.0.113.0/24 documentation
240.0.0.0/4 reserved
255.255.255.255 broadcast

:: unspecified
::1 loopback
64:ff9b::/96 NAT64
64:ff9b:1::/48 NAT64
100::/64 discard-only
100:0:0:1::/64 dummy prefix
2001::/23 IETF protocol
2001::/32 Teredo
2001:1::1 PCP anycast
2001:1::2 TURN anycast
2001:1::3 DNS-SD anycast
2001:2::/48 benchmarking
2001:3::/32 AMT
2001:4:112::/48 AS112
2001:10::/28 ORCHID (deprecated)
2001:20::/28 ORCHIDv2
2001:30::/28 drone remote ID
2001:db8::/32 documentation
2002::/16 6to4
2620:4f:8000::/48 AS112
3fff::/20 documentation
5f00::/16 segment routing
fc00::/7 unique local
fe80::/10 link-local

224.0.0.0/4 multicast
224.0.0.0/24 link-local multicast
224.0.0.1 all hosts multicast
224.0.0.2 all routers multicast
224.0.0.5 OSPF multicast
224.0.0.6 OSPF multicast
224.0.0.9 RIP multicast
224.0.0.13 PIM multicast
224.0.0.18 VRRP multicast
224.0.0.22 IGMP multicast
224.0.0.251 mDNS multicast
224.0.0.252 LLMNR multicast
224.0.1.1 NTP multicast
224.0.1.129 PTP multicast
232.0.0.0/8 source-specific multicast
239.0.0.0/8 administratively scoped multicast
239.255.255.250 SSDP multicast

ff00::/8 multicast
ff02::1 all nodes multicast
ff02::2 all routers multicast
ff02::5 OSPF multicast
ff02::6 OSPF multicast
ff02::9 RIP multicast
ff02::c SSDP multicast
ff02::d PIM multicast
ff02::12 VRRP multicast
ff02::16 MLD multicast
ff02::fb mDNS multicast
ff02::1:2 DHCPv6 multicast
ff02::1:3 LLMNR multicast
ff02::1:ff00:0/104 solicited-node multicast
${ipv6Scopes()}
`

/** Flags none, transient, unicast-prefix-based and source-specific, embedded rendezvous point: RFC 4291, 3306, 3956. */
function ipv6Scopes(): string {
  const scopes = {
    1: 'interface-local',
    2: 'link-local',
    3: 'realm-local',
    4: 'admin-local',
    5: 'site-local',
    8: 'organization-local',
  }
  return [0, 1, 3, 7]
    .flatMap(flags =>
      Object.entries(scopes).map(([scope, name]) => `ff${flags}${scope}::/16 ${name} multicast`),
    )
    .join('\n')
}
