#include <algorithm>
#include <unordered_set>

#include "image/header/heif_boxes_internal.h"

namespace pixlake::image {
namespace {

constexpr size_t kMost = 65536;

// Reads on within one box; beyond its end there are zeros, and `ok` is false.
class Reader {
 public:
  Reader(const HostileBytes& bytes, uint64_t position, uint64_t end)
      : bytes_(bytes), at_(position), end_(end) {}

  uint64_t Take(int size) {
    if (size == 0) return 0;
    const auto count = static_cast<uint64_t>(size);
    if (end_ - at_ < count || !bytes_.Has(at_, count)) {
      ok_ = false;
      at_ = end_;
      return 0;
    }
    uint64_t value = 0;
    for (uint64_t i = 0; i < count; ++i) value = value << 8 | bytes_.Byte(at_ + i);
    at_ += count;
    return value;
  }
  uint32_t Take32() { return static_cast<uint32_t>(Take(4)); }
  // Up to a zero.
  std::string TakeText() {
    std::string text;
    while (ok_ && text.size() < 256) {
      const auto byte = static_cast<char>(Take(1));
      if (byte == '\0') break;
      text.push_back(byte);
    }
    return text;
  }
  bool ok() const { return ok_; }
  uint64_t position() const { return at_; }

 private:
  const HostileBytes& bytes_;
  uint64_t at_;
  const uint64_t end_;
  bool ok_ = true;
};

class MetaReader {
 public:
  MetaReader(const HostileBytes& bytes, HeifFile* file) : bytes_(bytes), file_(*file) {}

  // 8.11.1: a full box, so 4 bytes of version and flags.
  void Read(const HeifBox& meta) {
    Children(meta.data + 4, meta.end, [&](const HeifBox& box) {
      switch (box.kind) {
        case BoxKind("pitm"): {
          Reader in(bytes_, box.data, box.end);
          const bool wide = in.Take32() >> 24 != 0;
          file_.primary = static_cast<uint32_t>(in.Take(wide ? 4 : 2));
          if (!in.ok()) Damage(box);
          break;
        }
        case BoxKind("idat"):
          idat_ = box;
          break;
        case BoxKind("iloc"):
          locations_ = box;
          break;
        case BoxKind("iinf"):
          ReadItems(box);
          break;
        case BoxKind("iref"):
          ReadReferences(box);
          break;
        case BoxKind("iprp"):
          ReadProperties(box);
          break;
        default:
          break;
      }
    });
    // Last, for it may speak of `idat`.
    if (locations_.end != 0) ReadLocations(locations_);
  }

 private:
  void Damage(const HeifBox& box) {
    if (file_.damage < 0) file_.damage = static_cast<int64_t>(box.begin);
  }

  template <typename Each>
  void Children(uint64_t position, uint64_t end, Each each) {
    bool whole = true;
    while (position < end && ++boxes_ < kMost) {
      const std::optional<HeifBox> box = ReadBox(bytes_, position, end, &whole);
      if (!box || !whole) {
        file_.cut = file_.cut || end >= bytes_.size();
        if (end < bytes_.size() && file_.damage < 0) file_.damage = static_cast<int64_t>(position);
        return;
      }
      each(*box);
      position = box->end;
    }
  }

  // 8.11.6, item information: entries of version 2 and 3 carry a type.
  void ReadItems(const HeifBox& box) {
    Reader in(bytes_, box.data, box.end);
    const bool wide = in.Take32() >> 24 != 0;
    in.Take(wide ? 4 : 2);
    Children(in.position(), box.end, [&](const HeifBox& entry) {
      if (entry.kind != BoxKind("infe") || file_.items.size() >= kMost) return;
      Reader info(bytes_, entry.data, entry.end);
      const uint32_t version = info.Take32() >> 24;
      if (version < 2) return;
      const auto id = static_cast<uint32_t>(info.Take(version == 2 ? 2 : 4));
      info.Take(2);
      HeifItem& item = file_.items[id];
      item.kind = info.Take32();
      if (!info.ok()) return Damage(entry);
      if (item.kind != BoxKind("mime")) return;
      info.TakeText();
      item.content_type = info.TakeText();
    });
  }

  // 8.11.3, item location.
  void ReadLocations(const HeifBox& box) {
    Reader in(bytes_, box.data, box.end);
    const uint32_t version = in.Take32() >> 24;
    const auto sizes = static_cast<uint32_t>(in.Take(2));
    const int offset_size = static_cast<int>(sizes >> 12), length_size = static_cast<int>(sizes >> 8 & 15);
    const int base_size = static_cast<int>(sizes >> 4 & 15),
              index_size = version == 0 ? 0 : static_cast<int>(sizes & 15);
    if (version > 2 || std::max({offset_size, length_size, base_size, index_size}) > 8) return Damage(box);
    const uint64_t count = in.Take(version < 2 ? 2 : 4);
    for (uint64_t i = 0; i < count && in.ok() && extents_ < kMost; ++i) {
      const auto id = static_cast<uint32_t>(in.Take(version < 2 ? 2 : 4));
      const uint64_t method = version == 0 ? 0 : in.Take(2) & 15;
      in.Take(2);
      const uint64_t base = in.Take(base_size), extents = in.Take(2);
      const auto item = file_.items.find(id);
      for (uint64_t e = 0; e < extents && in.ok() && ++extents_ < kMost; ++e) {
        in.Take(index_size);
        HeifExtent extent{base + in.Take(offset_size), in.Take(length_size)};
        if (method == 1) extent.offset += idat_.data;
        // 2: built from other items.
        if (in.ok() && item != file_.items.end() && method < 2) item->second.extents.push_back(extent);
      }
    }
    if (!in.ok()) Damage(box);
  }

  // 8.11.12, item reference: boxes whose type is the reference's.
  void ReadReferences(const HeifBox& box) {
    Reader in(bytes_, box.data, box.end);
    const int size = in.Take32() >> 24 == 0 ? 2 : 4;
    Children(in.position(), box.end, [&](const HeifBox& child) {
      if (file_.references.size() >= kMost) return;
      Reader each(bytes_, child.data, child.end);
      HeifReference reference{child.kind, static_cast<uint32_t>(each.Take(size)), {}};
      const uint64_t count = each.Take(2);
      for (uint64_t i = 0; i < count && each.ok() && ++references_ < kMost; ++i) {
        reference.to.push_back(static_cast<uint32_t>(each.Take(size)));
      }
      if (!each.ok()) return Damage(child);
      file_.references.push_back(std::move(reference));
    });
  }

  // 23008-12, 9.3: properties, and which item has which.
  void ReadProperties(const HeifBox& box) {
    Children(box.data, box.end, [&](const HeifBox& child) {
      if (child.kind == BoxKind("ipco")) {
        Children(child.data, child.end,
                 [&](const HeifBox& property) { file_.properties.push_back(property); });
      } else if (child.kind == BoxKind("ipma")) {
        ReadAssociations(child);
      }
    });
  }

  void ReadAssociations(const HeifBox& box) {
    Reader in(bytes_, box.data, box.end);
    const uint32_t full = in.Take32();
    const int id_size = full >> 24 == 0 ? 2 : 4, index_size = (full & 1) != 0 ? 2 : 1;
    const uint32_t mask = index_size == 2 ? 0x7FFF : 0x7F;
    const uint32_t count = in.Take32();
    for (uint64_t i = 0; i < count && in.ok() && associations_ < kMost; ++i) {
      HeifItem& item = file_.items[static_cast<uint32_t>(in.Take(id_size))];
      const uint64_t properties = in.Take(1);
      for (uint64_t p = 0; p < properties && in.ok() && ++associations_ < kMost; ++p) {
        item.properties.push_back(static_cast<uint32_t>(in.Take(index_size)) & mask);
      }
    }
    if (!in.ok()) Damage(box);
  }

  const HostileBytes& bytes_;
  HeifFile& file_;
  HeifBox idat_, locations_;
  size_t boxes_ = 0, extents_ = 0, references_ = 0, associations_ = 0;
};

}  // namespace

std::optional<HeifBox> ReadBox(const HostileBytes& bytes, uint64_t position, uint64_t limit, bool* whole) {
  *whole = true;
  limit = std::min(limit, bytes.size());
  if (position > limit || limit - position < 8) return std::nullopt;
  HeifBox box{bytes.Big32(position + 4), position, position + 8, limit};
  uint64_t size = bytes.Big32(position);
  if (size == 1) {
    if (limit - position < 16) return std::nullopt;
    size = bytes.Big64(position + 8);
    box.data += 8;
  }
  if (size == 0) return box;  // to the end
  if (size < box.data - position) return std::nullopt;
  *whole = size <= limit - position;
  if (*whole) box.end = position + size;
  return box;
}

const HeifItem* HeifFile::Primary() const {
  return primary ? Item(*primary) : nullptr;
}

const HeifItem* HeifFile::Item(uint32_t id) const {
  const auto found = items.find(id);
  return found == items.end() ? nullptr : &found->second;
}

std::unordered_map<uint32_t, std::vector<uint32_t>> HeifFile::References(uint32_t kind) const {
  std::unordered_map<uint32_t, std::vector<uint32_t>> found;
  for (const HeifReference& reference : references) {
    if (reference.kind != kind) continue;
    auto& to = found[reference.from];
    to.insert(to.end(), reference.to.begin(), reference.to.end());
  }
  return found;
}

std::vector<uint32_t> HeifFile::Sources(uint32_t id) const {
  const auto derived = References(BoxKind("dimg"));
  std::vector<uint32_t> sources{id};
  std::unordered_set<uint32_t> met{id};
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto inputs = derived.find(sources[i]);
    if (inputs == derived.end()) continue;
    for (const uint32_t input : inputs->second) {
      if (Item(input) != nullptr && met.insert(input).second) sources.push_back(input);
    }
  }
  return sources;
}

const HeifBox* HeifFile::Property(const HeifItem& item, uint32_t kind) const {
  for (const uint32_t index : item.properties) {
    if (index > 0 && index <= properties.size() && properties[index - 1].kind == kind)
      return &properties[index - 1];
  }
  return nullptr;
}

HeifFile ReadHeifFile(const HostileBytes& bytes) {
  HeifFile file;
  if (bytes.Has(8, 4)) file.brand = bytes.Big32(8);
  uint64_t position = 0;
  bool whole = true;
  for (int boxes = 0; boxes < 1024 && position < bytes.size(); ++boxes) {
    const std::optional<HeifBox> box = ReadBox(bytes, position, bytes.size(), &whole);
    if (!box) {
      file.cut = file.cut || file.meta_end == 0;
      break;
    }
    if (box->kind == BoxKind("meta") && file.meta_end == 0) {
      file.meta_end = box->end;
      file.cut = file.cut || !whole;
      if (box->end - box->data >= 4) MetaReader(bytes, &file).Read(*box);
    }
    file.minimized = file.minimized || box->kind == BoxKind("mini");
    file.has_movie = file.has_movie || box->kind == BoxKind("moov");
    position = box->end;
    if (!whole) break;
  }
  return file;
}

}  // namespace pixlake::image
