#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "image/codec/png.h"
#include "image/idx/idx.h"
#include "ingest/idx_stream.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/idx_source_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

constexpr int64_t kChunkBytes = 256 << 10;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lower;
}

std::string_view WithoutGz(std::string_view name) {
  if (Lower(name).ends_with(".gz")) name.remove_suffix(3);
  return name;
}

bool IsIdxImages(std::string_view name) {
  return GlobMatches("*images*idx3*ubyte", Lower(WithoutGz(name)));
}

// MNIST's, a byte a label, and QMNIST's, eight numbers an image of which the first is the label.
bool IsIdxLabels(std::string_view name) {
  const std::string plain = Lower(WithoutGz(name));
  return GlobMatches("*labels*idx1*ubyte", plain) || GlobMatches("*labels*idx2*int", plain);
}

// What QMNIST's numbers behind the label are called in its README; null: not kept.
constexpr const char* kQmnistColumns[] = {nullptr,      "hsf_series",         "writer_id", "digit_index",
                                          "nist_class", "global_digit_index", "duplicate", nullptr};
constexpr int64_t kQmnistNumbers = 8;

// `word` in the capitals of what it stands for.
std::string InCapitalsOf(std::string_view model, std::string word) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool first = !model.empty() && is_upper(model[0]);
  const bool second = model.size() > 1 && is_upper(model[1]);
  for (size_t i = 0; i < word.size(); ++i) {
    if ((i == 0 ? first : second) && word[i] >= 'a' && word[i] <= 'z')
      word[i] = static_cast<char>(word[i] - 32);
  }
  return word;
}

void ReplaceWord(std::string* name, std::string_view word, std::string_view with, size_t before) {
  const size_t at = Lower(*name).rfind(word, before);
  const std::string there = name->substr(at, word.size());
  name->replace(at, word.size(), InCapitalsOf(there, std::string(with)));
}

// The names the other file of a pair may have, the likelier first.
std::vector<std::string> Partners(std::string_view name, bool of_images) {
  struct Kind {
    std::string_view rank, type;
  };
  static constexpr Kind kImages = {"idx3", "ubyte"}, kLabels = {"idx1", "ubyte"}, kQmnist = {"idx2", "int"};
  const std::string plain(WithoutGz(name));
  const std::string_view packed = name.substr(plain.size());
  const bool qmnist = !of_images && Lower(plain).ends_with("int");
  const Kind from = of_images ? kImages : qmnist ? kQmnist : kLabels;
  const std::vector<Kind> kinds = of_images ? std::vector{kLabels, kQmnist} : std::vector{kImages};
  std::vector<std::string> partners;
  for (const Kind& to : kinds) {
    std::string other = plain;
    const size_t rank = Lower(other).rfind(from.rank);
    ReplaceWord(&other, from.type, to.type, std::string::npos);
    ReplaceWord(&other, from.rank, to.rank, std::string::npos);
    ReplaceWord(&other, of_images ? "images" : "labels", of_images ? "labels" : "images", rank);
    const std::string with_gz =
        other + (packed.empty() ? InCapitalsOf(other.substr(other.size() - 2), ".gz") : std::string(packed));
    partners.push_back(packed.empty() ? other : with_gz);
    partners.push_back(packed.empty() ? with_gz : other);
  }
  return partners;
}

// The first of Partners that is there.
std::string Partner(std::string_view name, bool of_images,
                    const std::function<bool(const std::string&)>& is_there) {
  for (const std::string& partner : Partners(name, of_images)) {
    if (is_there(partner)) return partner;
  }
  return {};
}

class IdxPair : public ItemStream {
 public:
  // `labels` empty: none.
  IdxPair(const std::string& folder, std::string_view images, std::string_view labels, SourceRun* run)
      : run_(run), images_(File::At(folder, images)) {
    if (!labels.empty()) labels_ = File::At(folder, labels);
  }

  Result<bool> Next(SourceItem* item) override {
    while (true) {
      switch (state_) {
        case State::kStart: {
          const Status status = Start();
          if (IsKnown()) {
            state_ = State::kEnd;
          } else if (!status.ok()) {
            return Fail(status, item);
          } else {
            state_ = State::kItems;
          }
          break;
        }
        case State::kItems: {
          if (index_ == image_stream_->header().item_count) {
            state_ = State::kImagesDone;
            break;
          }
          const Status status = Fill(item);
          if (!status.ok()) return Fail(status, item);
          return true;
        }
        case State::kImagesDone:
          state_ = labels_.has_value() ? State::kLabelsDone : State::kEnd;
          Remark();
          images_.Container(item);
          return true;
        case State::kLabelsDone:
          state_ = State::kEnd;
          labels_->Container(item);
          return true;
        case State::kEnd:
          return false;
      }
    }
  }

  bool complete() const override { return complete_; }

 private:
  enum class State { kStart, kItems, kImagesDone, kLabelsDone, kEnd };

  struct File {
    std::string path, name, uri;
    struct stat status {};
    int error = 0;

    static File At(const std::string& folder, std::string_view name) {
      File file;
      file.name = name;
      file.path = folder + file.name;
      file.uri = FileUri(file.path);
      file.error = ::stat(file.path.c_str(), &file.status) == 0 ? 0 : errno;
      return file;
    }
    void Container(SourceItem* item) const {
      item->kind = SourceItem::Kind::kContainer;
      item->uri = uri;
      item->filename = name;
      SetStatus(status, item);
    }
    bool IsKnown(const SourceOptions& options) const {
      return error == 0 && options.known && options.known(uri, FileEtag(status));
    }
    Result<std::unique_ptr<IdxStream>> Open() const {
      if (error != 0) return ErrnoError(error, "looking at", uri);
      PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(path));
      return IdxStream::Open(place);
    }
  };

  void Remark() {
    for (const IdxStream* stream : {image_stream_.get(), label_stream_.get()}) {
      if (stream != nullptr && !stream->remark().empty())
        run_->Note(fmt::format("{}: {}", FileUri(stream->path()), stream->remark()));
    }
  }

  bool IsKnown() const {
    return images_.IsKnown(run_->options) && (!labels_.has_value() || labels_->IsKnown(run_->options));
  }

  // Everything that can be checked before the first image.
  Status Start() {
    PL_ASSIGN_OR_RETURN(image_stream_, images_.Open());
    const image::IdxHeader& header = image_stream_->header();
    if (header.type != image::IdxType::kUint8 || header.dimensions.size() != 3) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{}: has {} dimensions of {}, expected 3 of uint8 as images have", images_.uri,
                               header.dimensions.size(), image::IdxTypeName(header.type)));
    }
    // With no images there is nothing to be wrong in one, but what follows is looked at.
    if (header.item_count == 0) {
      PL_RETURN_NOT_OK(image_stream_->Read(0, nullptr));
    } else if (header.item_bytes == 0 || header.item_bytes > run_->options.max_buffered_bytes) {
      return Error(header.item_bytes == 0 ? ErrorCode::kCorrupt : ErrorCode::kOverBudget,
                   fmt::format("{}: an image has {} bytes, expected 1 to {}", images_.uri, header.item_bytes,
                               run_->options.max_buffered_bytes));
    }
    PL_ASSIGN_OR_RETURN(auto encoder, image::PngEncoder::Make());
    encoder_.emplace(std::move(encoder));
    etag_ = FileEtag(images_.status);
    stem_ = images_.name.substr(0, Lower(images_.name).rfind("idx3"));
    while (stem_.ends_with('-') || stem_.ends_with('.')) stem_.pop_back();
    if (!labels_.has_value()) return Status::OK();
    PL_ASSIGN_OR_RETURN(label_stream_, labels_->Open());
    const image::IdxHeader& labels = label_stream_->header();
    is_qmnist_ = labels.type == image::IdxType::kInt32 && labels.dimensions.size() == 2 &&
                 labels.dimensions[1] == kQmnistNumbers;
    if ((labels.dimensions.size() != 1 && !is_qmnist_) || labels.item_count != header.item_count) {
      return Error(
          ErrorCode::kCorrupt,
          fmt::format("{}: has {} labels in {} dimensions, expected one for each of the {} images in {}",
                      labels_->uri, labels.item_count, labels.dimensions.size(), header.item_count,
                      images_.uri));
    }
    etag_ += "+" + FileEtag(labels_->status);
    return Status::OK();
  }

  // The next chunk of both files.
  Status ReadChunk() {
    const image::IdxHeader& header = image_stream_->header();
    const int64_t items =
        std::min(std::max<int64_t>(kChunkBytes / header.item_bytes, 1), header.item_count - index_);
    pixels_.resize(static_cast<size_t>(items * header.item_bytes));
    PL_RETURN_NOT_OK(image_stream_->Read(items, pixels_.data()));
    if (label_stream_ != nullptr) {
      values_.resize(static_cast<size_t>(items * label_stream_->header().item_bytes));
      PL_RETURN_NOT_OK(label_stream_->Read(items, values_.data()));
    }
    chunk_begin_ = index_;
    chunk_end_ = index_ + items;
    return Status::OK();
  }

  Status Fill(SourceItem* item) {
    if (index_ == chunk_end_) PL_RETURN_NOT_OK(ReadChunk());
    const image::IdxHeader& header = image_stream_->header();
    const int64_t at = index_ - chunk_begin_;
    const std::span<const uint8_t> pixels(pixels_.data() + at * header.item_bytes,
                                          static_cast<size_t>(header.item_bytes));
    png_.clear();
    PL_RETURN_NOT_OK(encoder_->Encode({pixels, header.dimensions[2], header.dimensions[1]}, &png_));
    PL_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> bytes,
                        arrow::AllocateBuffer(static_cast<int64_t>(png_.size())));
    std::copy(png_.begin(), png_.end(), bytes->mutable_data());
    ++run_->listed;
    item->uri = fmt::format("{}#{}", images_.uri, index_);
    item->filename = fmt::format("{}_{}.png", stem_, index_);
    item->size = bytes->size();
    item->bytes = std::move(bytes);
    item->mtime_ns = MtimeNs(images_.status);
    item->etag = etag_;
    if (label_stream_ != nullptr) {
      FillLabel(at, item);
    } else if (run_->options.label_from_folder) {
      item->label = FolderLabel(images_.path);
    }
    ++index_;
    return Status::OK();
  }

  void FillLabel(int64_t at, SourceItem* item) const {
    const image::IdxType type = label_stream_->header().type;
    const auto number = [&](int64_t i) { return image::IdxElement(type, values_, i); };
    if (!is_qmnist_) {
      item->label = fmt::format("{}", number(at));
      return;
    }
    item->label = fmt::format("{}", number(at * kQmnistNumbers));
    for (int64_t i = 0; i < kQmnistNumbers; ++i) {
      if (kQmnistColumns[i] == nullptr) continue;
      item->attributes += fmt::format("{}\"{}\":{}", item->attributes.empty() ? "{" : ",", kQmnistColumns[i],
                                      number(at * kQmnistNumbers + i));
    }
    item->attributes += '}';
  }

  // One problem for the pair; an interrupt ends everything.
  Result<bool> Fail(const Status& status, SourceItem* item) {
    if (CodeOf(status) == ErrorCode::kCancelled) return status;
    *item = {};
    item->uri = images_.uri;
    item->filename = images_.name;
    if (images_.error == 0) SetStatus(images_.status, item);
    item->problem = status;
    complete_ = false;
    state_ = State::kEnd;
    return true;
  }

  SourceRun* const run_;
  const File images_;
  std::optional<File> labels_;
  State state_ = State::kStart;
  std::unique_ptr<IdxStream> image_stream_, label_stream_;
  std::optional<image::PngEncoder> encoder_;
  std::string etag_, stem_;
  std::vector<uint8_t> pixels_, values_, png_;
  bool is_qmnist_ = false;
  int64_t index_ = 0, chunk_begin_ = 0, chunk_end_ = 0;
  bool complete_ = true;
};

}  // namespace

bool MayBeIdx(std::string_view name) {
  if (Lower(name).find("idx") == std::string::npos) return false;
  return IsIdxImages(name) || IsIdxLabels(name);
}

Result<std::unique_ptr<ItemStream>> OpenIdxPair(const std::string& folder, std::string_view name,
                                                const std::function<bool(const std::string&)>& is_there,
                                                SourceRun* run) {
  std::string images(name);
  if (!IsIdxImages(name)) {
    images = Partner(name, false, is_there);
    // Labels that lie there twice, packed and plain, belong to the images once.
    if (images.empty() || Partner(images, true, is_there) != name) return nullptr;
  }
  if (!run->idx_pairs.insert(folder + images).second) return std::make_unique<NoItems>();
  return std::make_unique<IdxPair>(folder, images, Partner(images, true, is_there), run);
}

}  // namespace pixlake::ingest
