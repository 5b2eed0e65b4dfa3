// The function app on Flex Consumption, and its settings.

@description('Name of the plan.')
@minLength(1)
@maxLength(60)
param planName string

@description('Name of the site; it becomes part of the address.')
@minLength(2)
@maxLength(60)
param siteName string

@description('Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('User-assigned identity that the app runs as.')
param identityName string

@description('Storage account of the pipeline and of the host.')
param storageAccountName string

@description('Container that holds the published package.')
param deploymentContainerName string

@description('Cosmos DB account.')
param cosmosAccountName string

@description('Database in the Cosmos DB account.')
param cosmosDatabaseName string

@description('Application Insights component that telemetry goes to.')
param applicationInsightsName string

@description('Memory of one instance in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int

@description('Most instances the app may scale out to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances kept warm for uploads, billed around the clock.')
@minValue(0)
@maxValue(20)
param alwaysReadyBlobInstances int

@description('Instances kept warm for the HTTP API, billed around the clock.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttpInstances int

@description('When uploads that no event announced are looked for: six fields, seconds first, UTC.')
@minLength(11)
param reconcileSchedule string

@description('HTTP requests that one instance answers at the same time. Azure would take 1 for Python.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('Origins of pages that may call the API from a browser, besides the app\'s own. None by default.')
param pageOrigins array

@description('Share of traces that are recorded, in percent.')
@minValue(1)
@maxValue(100)
param traceSamplingPercent int

@description('Instances in several availability zones.')
param zoneRedundant bool

@description('Closed to the internet but for Event Grid and allowedAddresses.')
param privateNetworking bool

@description('Public addresses and ranges that may call the API and publish even so.')
param allowedAddresses array

@description('Virtual network with the subnet that the app reaches storage and Cosmos DB from, where networking is private.')
param networkName string

var warmBlobInstances = [
  {
    name: 'blob'
    instanceCount: alwaysReadyBlobInstances
  }
]
var warmHttpInstances = [
  {
    name: 'http'
    instanceCount: alwaysReadyHttpInstances
  }
]

// Event Grid delivers to public addresses only: the door to its webhook, which asks for a key, stays open to it.
var eventGrid = [
  {
    name: 'event-grid'
    priority: 100
    action: 'Allow'
    tag: 'ServiceTag'
    ipAddress: 'AzureEventGrid'
  }
]
// Storage refuses /32, which is needed here.
var allowed = [for (address, index) in allowedAddresses: {
  name: 'allowed-${index}'
  priority: 200 + index
  action: 'Allow'
  ipAddress: contains(address, '/') ? address : '${address}/32'
}]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: cosmosAccountName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  // checkov:skip=CKV_AZURE_225:a parameter; not every region has zones
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  // checkov:skip=CKV_AZURE_222:Event Grid delivers to public addresses only; the rest is kept out where privateNetworking is chosen
  // checkov:skip=CKV_AZURE_17:callers have function keys; Event Grid has no certificate
  // checkov:skip=CKV_AZURE_78:Flex Consumption has no FTP, and refuses the property
  // checkov:skip=CKV_AZURE_212:Flex Consumption has always-ready instances instead
  // checkov:skip=CKV_AZURE_213:Flex Consumption has no health check
  name: siteName
  location: location
  // azd publishes the service of this name to this site.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: privateNetworking ? resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app') : null
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      // The platform answers for the app, also what browsers ask before they send a key.
      cors: {
        allowedOrigins: pageOrigins
        supportCredentials: false
      }
      ipSecurityRestrictionsDefaultAction: privateNetworking ? 'Deny' : 'Allow'
      ipSecurityRestrictions: privateNetworking ? concat(eventGrid, allowed) : []
      // Where packages are published to.
      scmIpSecurityRestrictionsUseMain: false
      scmIpSecurityRestrictionsDefaultAction: privateNetworking ? 'Deny' : 'Allow'
      scmIpSecurityRestrictions: privateNetworking ? allowed : []
    }
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${deploymentContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(alwaysReadyBlobInstances > 0 ? warmBlobInstances : [], alwaysReadyHttpInstances > 0 ? warmHttpInstances : [])
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

// What local.settings.json.example has, as it is on Azure: identities in place of keys.
resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  // checkov:skip=CKV_AZURE_13:these are the app settings; callers have function keys
  // checkov:skip=CKV_AZURE_63:these are the app settings; telemetry has every request
  // checkov:skip=CKV_AZURE_65:these are the app settings; callers get problem+json and no details of errors
  // checkov:skip=CKV_AZURE_66:these are the app settings; telemetry has every failure
  // checkov:skip=CKV_AZURE_80:no .NET
  // checkov:skip=CKV_AZURE_88:the app keeps nothing on disk
  // checkov:skip=CKV_AZURE_222:these are the app settings; the site says what is public
  parent: site
  name: 'appsettings'
  properties: {
    // The host's own storage takes the account's name: the forms with addresses have failed.
    AzureWebJobsStorage__accountName: storage.name
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.properties.clientId
    // The data connection takes addresses: the blob binding does not understand the account's name.
    // The blob trigger also needs the queue service, for its poison messages.
    Storage__blobServiceUri: storage.properties.primaryEndpoints.blob
    Storage__queueServiceUri: storage.properties.primaryEndpoints.queue
    Storage__credential: 'managedidentity'
    Storage__clientId: identity.properties.clientId
    AZURE_CLIENT_ID: identity.properties.clientId
    COSMOS_ENDPOINT: cosmos.properties.documentEndpoint
    COSMOS_DATABASE: cosmosDatabaseName
    DATASETS_FILE: 'datasets.toml'
    // Flex Consumption has no blob trigger that polls.
    BLOB_TRIGGER_SOURCE: 'EventGrid'
    REFRESH_SCHEDULE: '0 */5 * * * *'
    RECONCILE_SCHEDULE: reconcileSchedule
    MAX_FILE_BYTES: '10737418240'
    // Functions are synchronous: as many threads as requests come in at once.
    PYTHON_THREADPOOL_THREAD_COUNT: string(httpConcurrency)
    // The app sets up telemetry itself, and this tells the host so. Having the worker set it up as well
    // (PYTHON_APPLICATIONINSIGHTS_…) would send everything more than once.
    PYTHON_ENABLE_OPENTELEMETRY: 'true'
    // The one name for it that the host and the app's exporter both know. Without it the host keeps five traces a second.
    OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
    OTEL_TRACES_SAMPLER_ARG: traceSamplingPercent == 100 ? '1' : '0.${padLeft(string(traceSamplingPercent), 2, '0')}'
    APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  }
}

// Publishing takes Entra tokens only.
resource noFtpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('Name of the function app.')
output siteName string = site.name

@description('Id of the function app.')
output siteId string = site.id

@description('Address of the function app.')
output url string = 'https://${site.properties.defaultHostName}'
