#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "io/http/address_guard_internal.h"

namespace pixlake::io {
namespace {

bool IsPublic(const char* text) {
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text, &four.sin_addr) == 1)
    return IsPublicAddress(reinterpret_cast<sockaddr*>(&four));
  EXPECT_EQ(::inet_pton(AF_INET6, text, &six.sin6_addr), 1) << text;
  return IsPublicAddress(reinterpret_cast<sockaddr*>(&six));
}

TEST(AddressGuardTest, PublicOnesPass) {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.0", "192.167.255.255", "100.63.255.255",
        "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"})
    EXPECT_TRUE(IsPublic(text)) << text;
}

TEST(AddressGuardTest, WhatIsInsideDoesNot) {
  for (const char* text : {"127.0.0.1",
                           "127.255.0.1",
                           "10.0.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001:db8::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.2.3",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2002:a00:1::1",
                           "::7f00:1",
                           "2001::1"})
    EXPECT_FALSE(IsPublic(text)) << text;
}

}  // namespace
}  // namespace pixlake::io
