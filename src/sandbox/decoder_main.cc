// The helper: answers questions about images until its socket closes.
//   pixlake-decoder MAX_MEMORY_BYTES      (descriptor 3: the socket, 4: a pipe that its parent holds)
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "image/examine/examine.h"
#include "sandbox/confine_internal.h"
#include "sandbox/wire_internal.h"

namespace pixlake::sandbox {
namespace {

// The question and the image's descriptor, -1 when the other side is gone.
int ReceiveQuestion(WireQuestion* question) {
  iovec part{question, sizeof(*question)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t got = 0;
  do {
    got = ::recvmsg(kDecoderSocket, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (got != static_cast<ssize_t>(sizeof(*question)) || header == nullptr || header->cmsg_type != SCM_RIGHTS)
    return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
  return fd;
}

image::Answer AnswerMapped(int fd, const WireQuestion& wire, const image::Question& question) {
  image::Answer answer;
  void* at = nullptr;
  if (wire.size > 0) {
    at = ::mmap(nullptr, wire.size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
      answer.judgement = {image::Verdict::kUnreadable, -1, "the image could not be mapped"};
      return answer;
    }
  }
  try {
    answer = image::Examine({static_cast<const uint8_t*>(at), wire.size}, question);
  } catch (const std::bad_alloc&) {
    answer = {};
    answer.judgement = {image::Verdict::kBomb, -1, "the decoder ran out of the memory it may take"};
    answer.over_memory = true;
  }
  if (at != nullptr) ::munmap(at, wire.size);
  return answer;
}

bool Serve() {
  WireQuestion wire;
  const Descriptor image(ReceiveQuestion(&wire));
  if (!image.ok() || wire.magic != kMagic || wire.name_size > kMostName) return false;
  std::string name(wire.name_size, '\0');
  if (!ReadFully(kDecoderSocket, name.data(), name.size())) return false;
  image::Answer answer = AnswerMapped(image.get(), wire, FromWire(wire, std::move(name)));
  const std::string facts = FactsToWire(answer.description.facts);
  WireAnswer head = ToWire(&answer);
  head.facts_size = static_cast<uint32_t>(facts.size());
  if (!WriteFully(kDecoderSocket, &head, sizeof(head))) return false;
  const auto texts = TextsOf(&answer);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] != nullptr && !WriteFully(kDecoderSocket, texts[i]->data(), head.text_sizes[i]))
      return false;
  }
  return WriteFully(kDecoderSocket, facts.data(), facts.size());
}

}  // namespace
}  // namespace pixlake::sandbox

int main(int argc, char** argv) {
  using namespace pixlake::sandbox;
  if (argc != 2) {
    std::fputs("pixlake-decoder is started by pixlake; it is of no use alone\n", stderr);
    return 2;
  }
  if (!EndWithWriterOf(kAlivePipe)) return 1;
  if (!Confine(std::strtoll(argv[1], nullptr, 10))) {
    std::perror("pixlake-decoder: giving up rights");
    return 1;
  }
  // Said once, so that a parent knows the difference between a helper that cannot work
  // and an image that ends one.
  const uint32_t ready = kMagic;
  if (!WriteFully(kDecoderSocket, &ready, sizeof(ready))) return 1;
  while (Serve()) {
  }
  return 0;
}
