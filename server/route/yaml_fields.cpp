#include "server/route/yaml_fields.h"

#include <fmt/format.h>

#include <set>

#include "server/route/nearest_name.h"
#include "server/route/units.h"

namespace pincer {
namespace {

std::string scalar(const YAML::Node& node) {
  if (!node.IsScalar()) refuse_yaml(node, "one value is wanted here");
  return node.Scalar();
}

template <class T>
T number(const YAML::Node& node, T low, T high) {
  const std::string text = scalar(node);
  T value{};
  if (!YAML::convert<T>::decode(node, value))
    refuse_yaml(node,
                fmt::format("'{}' is no {}number", text, std::is_integral_v<T> ? "whole " : ""));
  if (!(value >= low && value <= high))
    refuse_yaml(node, fmt::format("{} is not in {} to {}", text, low, high));
  return value;
}

}  // namespace

void refuse_yaml(const YAML::Node& node, const std::string& message) {
  throw YAML::Exception(node.Mark(), message);
}

void read_yaml_map(const YAML::Node& map, std::string_view what, const YamlFields& fields) {
  if (!map.IsMap()) refuse_yaml(map, fmt::format("{} is written as `key: value` pairs", what));
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = scalar(entry.first);
    const auto field = fields.find(key);
    if (field == fields.end()) {
      std::vector<std::string> known;
      for (const auto& [name, setter] : fields) known.push_back(name);
      refuse_yaml(entry.first, fmt::format("unknown key '{}' of {}; did you mean '{}'?", key, what,
                                           nearest_name(key, known)));
    }
    if (!seen.insert(key).second)
      refuse_yaml(entry.first, fmt::format("'{}' of {} is there twice", key, what));
    try {
      field->second(entry.second);
    } catch (const YAML::RepresentationException& wrong) {  // of YAML's own conversions
      throw YAML::Exception(wrong.mark, fmt::format("'{}' of {}: {}", key, what, wrong.msg));
    }
  }
}

void read_yaml_list(const YAML::Node& list, std::string_view what, const YamlSetter& read) {
  if (!list.IsSequence()) refuse_yaml(list, fmt::format("{} are written as a list", what));
  for (const YAML::Node& item : list) read(item);
}

YamlSetter yaml_text(std::string& field) {
  return [&field](const YAML::Node& node) { field = scalar(node); };
}

YamlSetter yaml_texts(std::vector<std::string>& field) {
  return [&field](const YAML::Node& node) {
    field.clear();
    if (node.IsScalar()) {
      field.push_back(node.Scalar());
      return;
    }
    read_yaml_list(node, "several values",
                   [&field](const YAML::Node& item) { field.push_back(scalar(item)); });
  };
}

YamlSetter yaml_flag(bool& field) {
  return [&field](const YAML::Node& node) {
    if (!YAML::convert<bool>::decode(node, field))
      refuse_yaml(node, fmt::format("'{}' is neither true nor false", scalar(node)));
  };
}

YamlSetter yaml_int(int& field, int low, int high) {
  return [&field, low, high](const YAML::Node& node) { field = number(node, low, high); };
}

YamlSetter yaml_number(double& field, double low, double high) {
  return [&field, low, high](const YAML::Node& node) { field = number(node, low, high); };
}

YamlSetter yaml_duration(std::chrono::milliseconds& field) {
  return [&field](const YAML::Node& node) {
    const auto value = parse_duration(scalar(node));
    if (!value) refuse_yaml(node, value.error().message);
    field = *value;
  };
}

YamlSetter yaml_share(double& field, double high) {
  return [&field, high](const YAML::Node& node) {
    const auto value = parse_share(scalar(node));
    if (!value) refuse_yaml(node, value.error().message);
    if (*value > high) refuse_yaml(node, fmt::format("{} is more than {}", scalar(node), high));
    field = *value;
  };
}

}  // namespace pincer
