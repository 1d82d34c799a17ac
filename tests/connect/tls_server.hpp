#pragma once

#include <fstream>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>

#include "connect/certificate.hpp"
#include "support/scratch.hpp"

namespace tally::connect {

/// What a ScriptedServer needs to speak TLS, and the files with which a client knows it, or shows itself.
struct TlsServer {
    TlsServer() : context(boost::asio::ssl::context::tls_server) {
        context.use_certificate_chain(boost::asio::buffer(certificate.certificate));
        context.use_private_key(boost::asio::buffer(certificate.key), boost::asio::ssl::context::pem);
        std::ofstream(ca_file) << certificate.certificate;
        std::ofstream(key_file) << certificate.key;
    }

    const Certificate certificate = make_certificate();
    boost::asio::ssl::context context;
    test::Scratch folder;
    std::string ca_file = folder.file("ca.pem");
    std::string key_file = folder.file("key.pem");
};

}  // namespace tally::connect
