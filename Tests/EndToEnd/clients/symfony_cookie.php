<?php

// Makes the cookie with which Symfony lets a browser subscribe. On standard input, as JSON: `hub` (its URL), `key` and
// the topics to `subscribe`. The output is the value of `Set-Cookie`.

declare(strict_types=1);

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\Mercure\Authorization;
use Symfony\Component\Mercure\Hub;
use Symfony\Component\Mercure\HubRegistry;
use Symfony\Component\Mercure\Jwt\FactoryTokenProvider;

require_once 'Symfony/Component/Mercure/autoload.php';
require_once __DIR__.'/SharedKeyTokenFactory.php';

$wanted = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);

$factory = new SharedKeyTokenFactory($wanted['key']);
$hub = new Hub($wanted['hub'], new FactoryTokenProvider($factory), $factory);
$authorization = new Authorization(new HubRegistry($hub));

// The page is on the hub's host.
$page = Request::create($wanted['hub']);
echo $authorization->createCookie($page, $wanted['subscribe']), "\n";
