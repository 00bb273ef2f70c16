// IPTC-NAA Information Interchange Model, version 4.2: records 1, 2, 3, 7, 8 and 9. The
// names are the standard's without spaces; those of 2:225 and on are ACDSee's.
#include <algorithm>
#include <array>

#include "image/metadata/iptc_names_internal.h"

namespace pixlake::image {
namespace {

constexpr auto kNumber = IptcKind::kNumber, kBinary = IptcKind::kBinary, kText = IptcKind::kText;

constexpr auto kNames = std::to_array<IptcName>({
    {1, 0, "EnvelopeRecordVersion", false, kNumber},
    {1, 5, "Destination", true, kText},
    {1, 20, "FileFormat", false, kNumber},
    {1, 22, "FileVersion", false, kNumber},
    {1, 30, "ServiceIdentifier", false, kText},
    {1, 40, "EnvelopeNumber", false, kText},
    {1, 50, "ProductID", true, kText},
    {1, 60, "EnvelopePriority", false, kText},
    {1, 70, "DateSent", false, kText},
    {1, 80, "TimeSent", false, kText},
    {1, 90, "CodedCharacterSet", false, kText},
    {1, 100, "UniqueObjectName", false, kText},
    {1, 120, "ARMIdentifier", false, kNumber},
    {1, 122, "ARMVersion", false, kNumber},
    {2, 0, "ApplicationRecordVersion", false, kNumber},
    {2, 3, "ObjectTypeReference", false, kText},
    {2, 4, "ObjectAttributeReference", true, kText},
    {2, 5, "ObjectName", false, kText},
    {2, 7, "EditStatus", false, kText},
    {2, 8, "EditorialUpdate", false, kText},
    {2, 10, "Urgency", false, kText},
    {2, 12, "SubjectReference", true, kText},
    {2, 15, "Category", false, kText},
    {2, 20, "SupplementalCategory", true, kText},
    {2, 22, "FixtureIdentifier", false, kText},
    {2, 25, "Keywords", true, kText},
    {2, 26, "ContentLocationCode", true, kText},
    {2, 27, "ContentLocationName", true, kText},
    {2, 30, "ReleaseDate", false, kText},
    {2, 35, "ReleaseTime", false, kText},
    {2, 37, "ExpirationDate", false, kText},
    {2, 38, "ExpirationTime", false, kText},
    {2, 40, "SpecialInstructions", false, kText},
    {2, 42, "ActionAdvised", false, kText},
    {2, 45, "ReferenceService", true, kText},
    {2, 47, "ReferenceDate", true, kText},
    {2, 50, "ReferenceNumber", true, kText},
    {2, 55, "DateCreated", false, kText},
    {2, 60, "TimeCreated", false, kText},
    {2, 62, "DigitalCreationDate", false, kText},
    {2, 63, "DigitalCreationTime", false, kText},
    {2, 65, "OriginatingProgram", false, kText},
    {2, 70, "ProgramVersion", false, kText},
    {2, 75, "ObjectCycle", false, kText},
    {2, 80, "By-line", true, kText},
    {2, 85, "By-lineTitle", true, kText},
    {2, 90, "City", false, kText},
    {2, 92, "Sub-location", false, kText},
    {2, 95, "Province-State", false, kText},
    {2, 100, "Country-PrimaryLocationCode", false, kText},
    {2, 101, "Country-PrimaryLocationName", false, kText},
    {2, 103, "OriginalTransmissionReference", false, kText},
    {2, 105, "Headline", false, kText},
    {2, 110, "Credit", false, kText},
    {2, 115, "Source", false, kText},
    {2, 116, "CopyrightNotice", false, kText},
    {2, 118, "Contact", true, kText},
    {2, 120, "Caption-Abstract", false, kText},
    {2, 122, "Writer-Editor", true, kText},
    {2, 125, "RasterizedCaption", false, kBinary},
    {2, 130, "ImageType", false, kText},
    {2, 131, "ImageOrientation", false, kText},
    {2, 135, "LanguageIdentifier", false, kText},
    {2, 150, "AudioType", false, kText},
    {2, 151, "AudioSamplingRate", false, kText},
    {2, 152, "AudioSamplingResolution", false, kText},
    {2, 153, "AudioDuration", false, kText},
    {2, 154, "AudioOutcue", false, kText},
    {2, 200, "ObjectPreviewFileFormat", false, kNumber},
    {2, 201, "ObjectPreviewFileVersion", false, kNumber},
    {2, 202, "ObjectPreviewData", false, kBinary},
    {2, 221, "Prefs", false, kText},
    {2, 225, "ClassifyState", false, kText},
    {2, 228, "SimilarityIndex", false, kText},
    {2, 230, "DocumentNotes", false, kText},
    {2, 231, "DocumentHistory", false, kText},
    {2, 232, "ExifCameraInfo", false, kText},
    {3, 0, "DigitalNewsphotoRecordVersion", false, kNumber},
    {7, 10, "SizeMode", false, kNumber},
    {7, 20, "MaxSubfileSize", false, kNumber},
    {7, 90, "ObjectSizeAnnounced", false, kNumber},
    {7, 95, "MaximumObjectSize", false, kNumber},
    {8, 10, "SubFile", true, kBinary},
    {9, 10, "ConfirmedObjectSize", false, kNumber},
});

}  // namespace

const IptcName* FindIptcName(uint8_t record, uint8_t number) {
  const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const IptcName& name) {
    return name.record == record && name.number == number;
  });
  return found == kNames.end() ? nullptr : found;
}

}  // namespace pixlake::image
