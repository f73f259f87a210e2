// Where the YAML file says that conversations are kept.
#include "server/cli/size_text.h"
#include "server/route/router_sections.h"
#include "server/route/yaml_fields.h"

namespace pincer {

HistoryConfig read_storage_section(const YAML::Node& node) {
  HistoryConfig h;
  const auto max_bytes = [&h](const YAML::Node& n) {
    const auto size = parse_size(n.IsScalar() ? n.Scalar() : "");
    if (!size) refuse_yaml(n, size.error().message);
    h.max_bytes = *size;
  };
  const auto hot = [&](const YAML::Node& n) {
    read_yaml_map(n, "hot", {{"path", yaml_text(h.path)}, {"max_bytes", max_bytes}});
  };
  const auto s3 = [&h](const YAML::Node& n) {
    read_yaml_map(n, "s3",
                  {{"endpoint", yaml_text(h.s3_endpoint)},
                   {"bucket", yaml_text(h.s3_bucket)},
                   {"region", yaml_text(h.s3_region)},
                   {"prefix", yaml_text(h.s3_prefix)},
                   {"credentials_file", yaml_text(h.s3_credentials_file)},
                   {"ca_file", yaml_text(h.s3_ca_file)},
                   {"proxy", yaml_text(h.s3_proxy)}});
    if (h.s3_endpoint.empty() || h.s3_bucket.empty())
      refuse_yaml(n, "s3 has an `endpoint` and a `bucket`");
  };
  const auto cold = [&](const YAML::Node& n) {
    read_yaml_map(n, "cold", {{"s3", s3}, {"key_file", yaml_text(h.key_file)}});
  };
  read_yaml_map(node, "storage", {{"hot", hot}, {"cold", cold}});
  if (!h.s3_bucket.empty() && h.path.empty())
    refuse_yaml(node, "storage in s3 needs a folder here as well: hot: {path: …}");
  if (!h.s3_bucket.empty() && h.key_file.empty())
    refuse_yaml(node, "what goes to s3 is encrypted first: cold needs a key_file");
  if (h.path.empty()) refuse_yaml(node, "storage needs a folder: hot: {path: …}");
  if (h.s3_bucket.empty() && !h.key_file.empty())
    refuse_yaml(node, "cold has a key_file, but no s3: what is on this machine is not encrypted");
  return h;
}

}  // namespace pincer
