#include "tally/serve/web_config.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <openssl/ssl.h>
#include <set>
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include "serve/file_text.hpp"

namespace tally::serve {

namespace {

/// Thrown inside this file only: what is wrong at a place of the file.
struct Fault {
    YAML::Mark mark;
    std::string what;
};

using Setter = std::function<void(const YAML::Node&, const std::string& name)>;
using Section = std::map<std::string, Setter>;

std::string scalar(const YAML::Node& node, const std::string& name) {
    if (node.IsNull()) {
        return {};
    }
    if (!node.IsScalar()) {
        throw Fault{node.Mark(), name + " must be a single value"};
    }
    return node.Scalar();
}

bool boolean(const YAML::Node& node, const std::string& name) {
    const std::string text = scalar(node, name);
    if (text != "true" && text != "false") {
        throw Fault{node.Mark(), name + " must be true or false, not '" + text + "'"};
    }
    return text == "true";
}

/// The value that `text` stands for in a table of names.
template <class Value>
Value one_of(
    const YAML::Node& node, const std::string& name, const std::map<std::string, Value>& values
) {
    const std::string text = scalar(node, name);
    const auto found = values.find(text);
    if (found == values.end()) {
        std::string known;
        for (const auto& [one, value] : values) {
            known.append(known.empty() ? "" : ", ").append(one);
        }
        throw Fault{node.Mark(), name + " must be one of " + known + ", not '" + text + "'"};
    }
    return found->second;
}

template <class Read>
auto list(const YAML::Node& node, const std::string& name, Read read) {
    std::vector<decltype(read(node, name))> values;
    if (node.IsNull()) {
        return values;
    }
    if (!node.IsSequence()) {
        throw Fault{node.Mark(), name + " must be a list"};
    }
    for (const YAML::Node& item : node) {
        values.push_back(read(item, name));
    }
    return values;
}

/// Calls `take` with key and value of each entry; a key twice is an error.
template <class Take>
void each_entry(const YAML::Node& node, const std::string& name, Take take) {
    if (node.IsNull()) {
        return;
    }
    if (!node.IsMap()) {
        throw Fault{node.Mark(), (name.empty() ? "the file" : name) + " must hold settings"};
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const std::string key = scalar(entry.first, "a setting's name");
        const std::string full = name.empty() ? key : name + "." + key;
        if (!seen.insert(key).second) {
            throw Fault{entry.first.Mark(), full + " is set twice"};
        }
        take(entry, key, full);
    }
}

void read_section(const YAML::Node& node, const std::string& name, const Section& section) {
    each_entry(node, name, [&](const auto& entry, const std::string& key, const std::string& full) {
        const auto setter = section.find(key);
        if (setter == section.end()) {
            throw Fault{entry.first.Mark(), "there is no setting " + full};
        }
        setter->second(entry.second, full);
    });
}

/// OpenSSL's name of a cipher suite of TLS 1.2; empty for one of TLS 1.3, which cannot be chosen.
std::string cipher_suite(const YAML::Node& node, const std::string& name) {
    const std::string text = scalar(node, name);
    const std::string known = OPENSSL_cipher_name(text.c_str());
    if (known == "(NONE)") {
        throw Fault{node.Mark(), name + ": there is no cipher suite '" + text + "'"};
    }
    return known == text ? "" : known;
}

std::string curve(const YAML::Node& node, const std::string& name) {
    static const std::map<std::string, std::string> curves{
        {"CurveP256", "P-256"},
        {"CurveP384", "P-384"},
        {"CurveP521", "P-521"},
        {"X25519", "X25519"}};
    return one_of(node, name, curves);
}

WebConfig::ClientAuth client_auth(const YAML::Node& node, const std::string& name) {
    using Auth = WebConfig::ClientAuth;
    static const std::map<std::string, Auth> types{
        {"", Auth::none},
        {"NoClientCert", Auth::none},
        {"RequestClientCert", Auth::request},
        {"RequireAnyClientCert", Auth::require_any},
        {"RequireClientCert", Auth::require_any},
        {"VerifyClientCertIfGiven", Auth::verify_if_given},
        {"RequireAndVerifyClientCert", Auth::require_verified}};
    return one_of(node, name, types);
}

WebConfig::TlsVersion tls_version(const YAML::Node& node, const std::string& name) {
    using Version = WebConfig::TlsVersion;
    static const std::map<std::string, Version> versions{
        {"TLS10", Version::tls10},
        {"TLS11", Version::tls11},
        {"TLS12", Version::tls12},
        {"TLS13", Version::tls13}};
    return one_of(node, name, versions);
}

/// Go's durations: `1s`, `1m30s`, `250ms`; plain 0.
std::chrono::nanoseconds duration(const YAML::Node& node, const std::string& name) {
    static const std::map<std::string_view, double> units{
        {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    const std::string text = scalar(node, name);
    std::string_view rest = text == "0" ? "0s" : std::string_view(text);
    double sum = 0;
    bool good = !rest.empty();
    while (good && !rest.empty()) {
        double value = 0;
        const auto [end, error] = std::from_chars(
            rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed
        );
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const std::size_t letters = std::min(rest.find_first_not_of("nusmh"), rest.size());
        const auto unit = units.find(rest.substr(0, letters));
        rest.remove_prefix(letters);
        good = error == std::errc{} && value >= 0 && unit != units.end();
        sum += good ? value * unit->second : 0;
    }
    constexpr double year_ns = 3600e9 * 24 * 366;
    if (!good || sum > year_ns) {
        throw Fault{node.Mark(), name + " must be a duration such as 1s, not '" + text + "'"};
    }
    return std::chrono::nanoseconds(static_cast<std::int64_t>(sum));
}

std::int64_t whole_number(const YAML::Node& node, const std::string& name) {
    const std::string text = scalar(node, name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
        throw Fault{node.Mark(), name + " must be a whole number, not '" + text + "'"};
    }
    return value;
}

/// `$2y$10$` and 53 letters. The hash itself is never shown.
std::string bcrypt_hash(const YAML::Node& node, const std::string& name) {
    const std::string hash = scalar(node, name);
    constexpr std::size_t size = 60, salt_at = 7;
    constexpr std::string_view letters =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const bool known =
        hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
    if (hash.size() != size || !known || hash[6] != '$' ||
        hash.find_first_not_of(letters, salt_at) != std::string::npos) {
        throw Fault{node.Mark(), name + " must be a bcrypt hash, such as htpasswd -nBC 10 makes"};
    }
    int cost = 0;
    constexpr int cost_min = 4, cost_max = 16;
    const auto parsed = std::from_chars(hash.data() + 4, hash.data() + 6, cost);
    if (parsed.ptr != hash.data() + 6 || cost < cost_min || cost > cost_max) {
        throw Fault{node.Mark(), name + ": the cost must be from 04 to 16"};
    }
    return hash;
}

std::pair<std::string, std::string> header(
    const YAML::Node& node, const std::string& key, const std::string& name
) {
    static const std::map<std::string, std::vector<std::string>> allowed{
        {"Content-Security-Policy", {}},
        {"Strict-Transport-Security", {}},
        {"X-Content-Type-Options", {"", "nosniff"}},
        {"X-Frame-Options", {"", "deny", "sameorigin"}},
        {"X-XSS-Protection", {}}};
    const auto found = allowed.find(key);
    if (found == allowed.end()) {
        throw Fault{node.Mark(), "there is no setting " + name};
    }
    const std::string value = scalar(node, name);
    const auto& values = found->second;
    const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    });
    if (!printable ||
        (!values.empty() && std::find(values.begin(), values.end(), value) == values.end())) {
        throw Fault{node.Mark(), name + " cannot have the value '" + value + "'"};
    }
    return {key, value};
}

template <class Target, class Read>
Setter set(Target& target, Read read) {
    return [&target, read](const YAML::Node& node, const std::string& name) {
        target = read(node, name);
    };
}

void check_pem(const YAML::Node& node, const WebConfig::Pem& pem, const std::string& name) {
    if (!pem.text.empty() && !pem.file.empty()) {
        throw Fault{
            node.Mark(), "tls_server_config: give " + name + " or " + name + "_file, not both"};
    }
}

/// What no single setting shows.
void check_tls(const YAML::Node& node, const WebConfig::Tls& tls) {
    using Auth = WebConfig::ClientAuth;
    const auto refuse = [&node](const std::string& what) {
        throw Fault{node.Mark(), "tls_server_config: " + what};
    };
    check_pem(node, tls.certificate, "cert");
    check_pem(node, tls.key, "key");
    check_pem(node, tls.client_ca, "client_ca");
    if (!tls.certificate.given()) {
        refuse("cert_file is missing");
    }
    if (!tls.key.given()) {
        refuse("key_file is missing");
    }
    if (tls.client_ca.given() && tls.client_auth == Auth::none) {
        refuse("client_ca_file has no use without client_auth_type");
    }
    const bool required =
        tls.client_auth == Auth::require_any || tls.client_auth == Auth::require_verified;
    if (!tls.client_allowed_sans.empty() && !required) {
        refuse("client_allowed_sans needs client_auth_type RequireAndVerifyClientCert");
    }
    if (tls.min_version > tls.max_version) {
        refuse("min_version is above max_version");
    }
}

Setter tls_section(std::optional<WebConfig::Tls>& target, std::filesystem::path folder) {
    return [&target, folder = std::move(folder)](const YAML::Node& node, const std::string& name) {
        if (node.IsNull() || (node.IsMap() && node.size() == 0)) {
            return;
        }
        const auto path = [&folder](const YAML::Node& one, const std::string& key) {
            const std::string text = scalar(one, key);
            return text.empty() ? text : (folder / text).string();
        };
        const auto texts = [](const YAML::Node& one, const std::string& key) {
            return list(one, key, scalar);
        };
        WebConfig::Tls tls;
        read_section(
            node,
            name,
            {{"cert", set(tls.certificate.text, scalar)},
             {"cert_file", set(tls.certificate.file, path)},
             {"key", set(tls.key.text, scalar)},
             {"key_file", set(tls.key.file, path)},
             {"client_ca", set(tls.client_ca.text, scalar)},
             {"client_ca_file", set(tls.client_ca.file, path)},
             {"client_auth_type", set(tls.client_auth, client_auth)},
             {"client_allowed_sans", set(tls.client_allowed_sans, texts)},
             {"min_version", set(tls.min_version, tls_version)},
             {"max_version", set(tls.max_version, tls_version)},
             {"cipher_suites",
              [&tls](const YAML::Node& one, const std::string& key) {
                  tls.cipher_suites = list(one, key, cipher_suite);
                  std::erase(tls.cipher_suites, "");
              }},
             {"prefer_server_cipher_suites", set(tls.prefer_server_cipher_suites, boolean)},
             {"curve_preferences",
              [&tls](const YAML::Node& one, const std::string& key) {
                  tls.curves = list(one, key, curve);
              }}}
        );
        check_tls(node, tls);
        target = std::move(tls);
    };
}

void read_all(const YAML::Node& root, WebConfig& config) {
    bool http2 = true;  // read, and of no effect
    const auto headers = [&config](const YAML::Node& node, const std::string& name) {
        each_entry(node, name, [&](const auto& entry, const auto& key, const auto& full) {
            auto line = header(entry.second, key, full);
            if (!line.second.empty()) {
                config.headers.push_back(std::move(line));
            }
        });
    };
    const auto http = [&](const YAML::Node& node, const std::string& name) {
        read_section(node, name, {{"http2", set(http2, boolean)}, {"headers", headers}});
    };
    const auto users = [&config](const YAML::Node& node, const std::string& name) {
        each_entry(node, name, [&](const auto& entry, const auto& key, const auto& full) {
            config.users[key] = bcrypt_hash(entry.second, full);
        });
    };
    const auto rate = [&config](const YAML::Node& node, const std::string& name) {
        read_section(
            node,
            name,
            {{"interval", set(config.rate_limit.interval, duration)},
             {"burst", set(config.rate_limit.burst, whole_number)}}
        );
    };
    const auto folder = std::filesystem::path(config.file).parent_path();
    read_section(
        root,
        "",
        {{"tls_server_config", tls_section(config.tls, folder)},
         {"http_server_config", http},
         {"basic_auth_users", users},
         {"rate_limit", rate}}
    );
}

Error error_at(const std::string& path, const YAML::Mark& mark, const std::string& what) {
    const std::string line = mark.is_null() ? "" : ":" + std::to_string(mark.line + 1);
    return Error{path + line + ": " + what};
}

}  // namespace

FileStamp FileStamp::of(const std::string& path) {
    struct stat seen {};

    if (::stat(path.c_str(), &seen) != 0) {
        return {};
    }
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    return {
        .device = seen.st_dev,
        .inode = seen.st_ino,
        .bytes = seen.st_size,
        .changed_ns = seen.st_mtim.tv_sec * ns_per_s + seen.st_mtim.tv_nsec};
}

Result<WebConfig> read_web_config(const std::string& path) {
    WebConfig config;
    config.file = path;
    config.stamp = FileStamp::of(path);
    const auto text = read_text(path);
    if (!text) {
        return text.error();
    }
    try {
        const YAML::Node root = YAML::Load(text->text);
        read_all(root, config);
    } catch (const YAML::Exception& error) {
        return error_at(path, error.mark, error.msg);
    } catch (const Fault& fault) {
        return error_at(path, fault.mark, fault.what);
    }
    return config;
}

}  // namespace tally::serve
