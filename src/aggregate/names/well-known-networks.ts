// Addresses that are known for one service, as their operators publish them: single addresses, in no case a provider's networks,
// which change hands. Sources and dates:
//
//   DNS root servers: https://www.internic.net/domain/named.root, as of 2024-04-18
//   Public resolvers: developers.google.com/speed/public-dns, developers.cloudflare.com/1.1.1.1, quad9.net/service,
//   opendns.com/setupguide, as of 2025-11

export const wellKnownNetworks = `
198.41.0.4 DNS root a
2001:503:ba3e::2:30 DNS root a
170.247.170.2 DNS root b
2801:1b8:10::b DNS root b
192.33.4.12 DNS root c
2001:500:2::c DNS root c
199.7.91.13 DNS root d
2001:500:2d::d DNS root d
192.203.230.10 DNS root e
2001:500:a8::e DNS root e
192.5.5.241 DNS root f
2001:500:2f::f DNS root f
192.112.36.4 DNS root g
2001:500:12::d0d DNS root g
198.97.190.53 DNS root h
2001:500:1::53 DNS root h
192.36.148.17 DNS root i
2001:7fe::53 DNS root i
192.58.128.30 DNS root j
2001:503:c27::2:30 DNS root j
193.0.14.129 DNS root k
2001:7fd::1 DNS root k
199.7.83.42 DNS root l
2001:500:9f::42 DNS root l
202.12.27.33 DNS root m
2001:dc3::35 DNS root m
8.8.8.8 Google Public DNS
8.8.4.4 Google Public DNS
2001:4860:4860::8888 Google Public DNS
2001:4860:4860::8844 Google Public DNS
1.1.1.1 Cloudflare DNS
1.0.0.1 Cloudflare DNS
2606:4700:4700::1111 Cloudflare DNS
2606:4700:4700::1001 Cloudflare DNS
9.9.9.9 Quad9 DNS
149.112.112.112 Quad9 DNS
2620:fe::fe Quad9 DNS
2620:fe::9 Quad9 DNS
208.67.222.222 OpenDNS
208.67.220.220 OpenDNS
2620:119:35::35 OpenDNS
2620:119:53::53 OpenDNS
`
