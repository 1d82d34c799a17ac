#include "connect/tls_context.hpp"

#include <boost/asio/ssl/verify_mode.hpp>

namespace tally::connect {
namespace {

namespace ssl = boost::asio::ssl;

Error error_of(const std::string& what, const boost::system::error_code& ec) {
    return Error{what + ": " + ec.message()};
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const Subscription::Tls& tls) {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    boost::system::error_code ec;
    context->set_options(
        ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, ec
    );
    if (tls.insecure_skip_verify) {
        context->set_verify_mode(ssl::verify_none, ec);
    } else {
        context->set_verify_mode(ssl::verify_peer, ec);
        if (tls.ca_file.empty()) {
            context->set_default_verify_paths(ec);
        } else {
            context->load_verify_file(tls.ca_file, ec);
        }
        if (ec) {
            return error_of(tls.ca_file.empty() ? "the system's CA store" : tls.ca_file, ec);
        }
    }
    if (tls.cert_file.empty()) {
        return context;
    }
    // Instead of OpenSSL's own, which would ask for a key's password at the terminal.
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); }, ec);
    context->use_certificate_chain_file(tls.cert_file, ec);
    if (ec) {
        return error_of(tls.cert_file, ec);
    }
    const auto& key_file = tls.key_file.empty() ? tls.cert_file : tls.key_file;
    context->use_private_key_file(key_file, ssl::context::pem, ec);
    if (ec) {
        return error_of(key_file, ec);
    }
    return context;
}

}  // namespace tally::connect
