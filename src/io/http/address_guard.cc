#include <array>
#include <cstdint>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "io/http/address_guard_internal.h"

namespace pixlake::io {
namespace {

struct Block4 {
  uint32_t network;
  int bits;
};

// IANA IPv4 Special-Purpose Address Registry.
constexpr std::array<Block4, 15> kNotPublic4{{{0x00000000, 8},
                                              {0x0A000000, 8},
                                              {0x64400000, 10},
                                              {0x7F000000, 8},
                                              {0xA9FE0000, 16},
                                              {0xAC100000, 12},
                                              {0xC0000000, 24},
                                              {0xC0000200, 24},
                                              {0xC0586300, 24},
                                              {0xC0A80000, 16},
                                              {0xC6120000, 15},
                                              {0xC6336400, 24},
                                              {0xCB007100, 24},
                                              {0xE0000000, 4},
                                              {0xF0000000, 4}}};

bool IsPublic4(uint32_t address) {
  for (const auto& [network, bits] : kNotPublic4) {
    if ((address ^ network) >> (32 - bits) == 0) return false;
  }
  return true;
}

uint32_t Big32(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
}

// IANA IPv6 Special-Purpose Address Registry; global unicast is 2000::/3 alone.
bool IsPublic6(const uint8_t* a) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  static constexpr uint8_t kNat64[12] = {0, 0x64, 0xFF, 0x9B};
  if (std::memcmp(a, kMapped, 12) == 0 || std::memcmp(a, kNat64, 12) == 0) return IsPublic4(Big32(a + 12));
  if ((a[0] & 0xE0) != 0x20) return false;
  const uint32_t head = Big32(a);
  if (head >> 16 == 0x2002) return IsPublic4(Big32(a + 2));    // 6to4
  if (head == 0x20010DB8 || head == 0x20010000) return false;  // documentation, Teredo
  return head >> 9 != 0x20010000 >> 9 || head == 0x20010200;   // 2001::/23 is for protocols
}

}  // namespace

bool IsPublicAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return IsPublic4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    return IsPublic6(reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr.s6_addr);
  }
  return false;
}

std::string AddressText(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof(text));
  } else if (address->sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof(text));
  }
  return text;
}

}  // namespace pixlake::io
