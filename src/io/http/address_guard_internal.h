// Which addresses a URL from outside may lead to.
#pragma once

#include <string>

#include <sys/socket.h>

namespace pixlake::io {

// True for an address of the public internet: not loopback, private, link-local, shared,
// documentation, benchmark, multicast or reserved (the registries of RFC 6890), also where
// an IPv6 address carries an IPv4 one (mapped, NAT64, 6to4).
bool IsPublicAddress(const sockaddr* address);

// "192.0.2.1", "2001:db8::1".
std::string AddressText(const sockaddr* address);

}  // namespace pixlake::io
