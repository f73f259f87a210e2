// Reads maps of a YAML file into plain values, key by key. What is wrong is thrown as
// YAML::Exception with the line; whoever loads the file turns it into an error.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pincer {

using YamlSetter = std::function<void(const YAML::Node&)>;
using YamlFields = std::map<std::string, YamlSetter>;

[[noreturn]] void refuse_yaml(const YAML::Node& node, const std::string& message);

// Calls the setter of each key of `map`. `what` names the map in messages: "an upstream". Refuses
// what is no map, a key that is there twice, and unknown keys with the nearest known one.
void read_yaml_map(const YAML::Node& map, std::string_view what, const YamlFields& fields);

// Calls `read` with each item. Refuses what is no list.
void read_yaml_list(const YAML::Node& list, std::string_view what, const YamlSetter& read);

YamlSetter yaml_text(std::string& field);
YamlSetter yaml_texts(std::vector<std::string>& field);  // one text is a list of one
YamlSetter yaml_flag(bool& field);
YamlSetter yaml_int(int& field, int low, int high);
YamlSetter yaml_number(double& field, double low, double high);
YamlSetter yaml_duration(std::chrono::milliseconds& field);
YamlSetter yaml_share(double& field, double high);  // "5%" or 0.05; at most `high`

// One of a few words, each of which stands for a value.
template <class T>
YamlSetter yaml_choice(T& field, std::vector<std::pair<std::string, T>> choices) {
  return [&field, choices = std::move(choices)](const YAML::Node& node) {
    std::string names;
    for (const auto& [name, value] : choices) {
      if (node.IsScalar() && node.Scalar() == name) {
        field = value;
        return;
      }
      names += (names.empty() ? "" : ", ") + name;
    }
    refuse_yaml(node, "'" + (node.IsScalar() ? node.Scalar() : std::string("…")) +
                          "' is not one of " + names);
  };
}

}  // namespace pincer
